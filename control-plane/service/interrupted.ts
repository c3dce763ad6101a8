/** The work stopped half-way and is to be taken up again: the connection broke, or the process is to end. */
export class Interrupted extends Error {}
