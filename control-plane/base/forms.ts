/** A day as ISO 8601 writes it; whether there is such a day is for others to tell. */
export const dateForm = /^\d{4}-\d{2}-\d{2}$/;

/** A uuid as Postgres prints it, in letters of any case. */
export const uuidForm = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
