/** One step of the schema. Once released it never changes; the next step is a new file. */
export interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}
