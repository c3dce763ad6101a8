/** What went wrong, in words for the one line that a command may write. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return [...new Set(error.errors.map(reason))].join('; ');
  }
  if (!(error instanceof Error)) return String(error);
  if ('code' in error) {
    const { code, path, address, port } = error as NodeJS.ErrnoException & {
      address?: string;
      port?: number;
    };
    const place = port === undefined ? path : `${address ?? 'localhost'}:${port}`;
    if (code === 'ENOENT') return `no such file: ${path}`;
    if (code === 'EISDIR') return `is a folder, not a file: ${path ?? error.message}`;
    if (code === 'EACCES') return `permission denied: ${place ?? error.message}`;
    if (code === 'EADDRINUSE') return `${place} is in use by another program: choose another port`;
    if (code === 'ECONNREFUSED') return `nothing answers at ${place}: is Postgres running?`;
    if (code === '28P01' || code === '3D000') return `Postgres says: ${error.message}`;
  }
  return error.message === '' ? error.name : error.message;
}
