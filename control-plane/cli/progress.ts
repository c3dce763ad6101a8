import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from '../service/load-table.ts';

/** Shows how far loading has come: a bar per table on a terminal, a line per table elsewhere. */
export function progressBar(out: NodeJS.WriteStream): {
  update: (progress: Progress) => void;
  end: () => void;
} {
  let table: string | undefined;
  let bar: SingleBar | undefined;

  function begin(progress: Progress): void {
    bar?.stop();
    table = progress.table;
    if (!out.isTTY) return;
    bar = new SingleBar(
      {
        format: `${table.padEnd(12)} {bar} {percentage}% | {value}/{total} rows`,
        stream: out,
        hideCursor: true,
      },
      Presets.shades_classic,
    );
    bar.start(progress.total, 0);
  }

  return {
    update: (progress) => {
      if (progress.table !== table) begin(progress);
      bar?.update(progress.done);
      if (progress.done < progress.total) return;
      bar?.stop();
      bar = undefined;
      if (!out.isTTY) out.write(`${progress.table}: ${progress.total} rows\n`);
    },
    end: () => bar?.stop(),
  };
}
