/** What is wrong with an expression, and where: the number of the character, from 1. */
export class CelFault extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.name = 'CelFault';
    this.position = position;
  }
}
