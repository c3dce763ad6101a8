/** What the catalog and the services need of a connection; pg's clients and pools have it. */
export interface Connection {
  readonly query: (
    text: string,
    values?: unknown[],
  ) => Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number | null }>;
}

/** The rows of a query, under the shape its author knows them to have. */
export async function rowsOf<Row>(
  connection: Connection,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const { rows } = await connection.query(text, [...values]);
  return rows as readonly Row[];
}
