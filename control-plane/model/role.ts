/** A role of a tenant, and who holds it by a recorded grant (tokens may bring others). */
export interface Role {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
  /** Subs, sorted. */
  readonly members: readonly string[];
}

/**
 * What a caller must be entitled to before anything of the request is looked at: a verb over all relations of the tenant, `define` for
 * the model, `grant` for roles, `view` for reading views; or to `inspect` definitions, `found` an app, `administer` the app that the
 * path parameter `app`, or the header X-App-Slug, names. Which role holds what is data of the tenant, judged by Postgres.
 */
export type Right = (typeof verbs)[number] | 'inspect' | 'found' | 'administer';

/** The rights that roles are given by grants. */
export const verbs = ['select', 'insert', 'update', 'delete', 'define', 'grant', 'view'] as const;

export function isVerb(right: Right): right is (typeof verbs)[number] {
  return (verbs as readonly Right[]).includes(right);
}
