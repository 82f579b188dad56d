/** Which rule of a root is about an environment and a category: the most specific one, and environment counts before category. */
import type { SigningRule } from '@guise/model/trust';

export interface RuleScope {
  readonly environment: string;
  readonly category: string | null;
}

/** Undefined when nobody may sign for it. A persona without a category is under rules for any category alone. */
export function signingRule(
  rules: readonly SigningRule[],
  { environment, category }: RuleScope,
): SigningRule | undefined {
  const of = (wantedEnvironment: string, wantedCategory: string) =>
    rules.find((rule) => rule.environment === wantedEnvironment && rule.category === wantedCategory);
  const within = (wanted: string) => (category === null ? undefined : of(wanted, category)) ?? of(wanted, '*');
  return within(environment) ?? within('*');
}
