import { dataSvc } from './data-svc/index.ts';
import type { Dialect } from './dialect.ts';
import { monk } from './monk/index.ts';
import { pgrest } from './pgrest/index.ts';
import { taruvi } from './taruvi/index.ts';

/** Every dialect served. A new one is a folder and a line. */
export const dialects: readonly Dialect[] = [taruvi, monk, pgrest, dataSvc];
