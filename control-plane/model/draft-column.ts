import type { ColumnType } from '../base/types.ts';
import type { Column } from './table.ts';

/** A column not defined yet: without id and times, which the engine gives it, and without rules but those told. */
export function draftColumn(
  name: string,
  type: ColumnType,
  rules: Partial<Omit<Column, 'name' | 'type'>> = {},
): Column {
  return {
    id: '',
    name,
    type,
    required: false,
    unique: false,
    indexed: false,
    searchable: false,
    immutable: false,
    sudo: false,
    tracked: false,
    createdAt: '',
    updatedAt: '',
    ...rules,
  };
}
