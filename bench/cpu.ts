import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second. */
const tick = 10;

/** Milliseconds of processor time a process has used so far; undefined where the system doesn't show it. */
export function processorTime(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * tick;
}

/** The same for a process and all its children, ended ones too: the postmaster and its backends. */
export function familyTime(pid: number): number | undefined {
  const own = statOf(pid);
  if (own === undefined) return undefined;
  let sum = [11, 12, 13, 14].reduce((total, field) => total + Number(own[field]) * tick, 0);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(Number(name));
    if (Number(fields?.[1]) === pid) sum += (Number(fields?.[11]) + Number(fields?.[12])) * tick;
  }
  return sum;
}

/** Resident memory of a process in MB. */
export function residentMemory(pid: number): number | undefined {
  const pages = read(`/proc/${pid}/statm`)?.split(' ')[1];
  return pages === undefined ? undefined : (Number(pages) * 4096) / 2 ** 20;
}

/** The fields of /proc/PID/stat behind the name, which may hold anything: state, parent, … */
function statOf(pid: number): readonly string[] | undefined {
  return read(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
