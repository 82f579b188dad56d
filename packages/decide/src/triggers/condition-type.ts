/**
 * Types of a parsed CEL condition, inferred so that one that can never be evaluated is refused when it is published.
 *
 * The library evaluates and does not check. Here every call must have an overload that fits its arguments, every name must be
 * there, and the whole must be true or false. What events carry has no type until they come, and fits anywhere.
 * Shape: an expression → its first error, or null.
 * Source: the CEL language definition, "Gradual type checking"; "Standard definitions".
 */
import type { CelFunc, CelType, parse } from '@bufbuild/cel';
import { nearName } from '@guise/model';

type Parsed = ReturnType<typeof parse>;
type Expression = NonNullable<Parsed['expr']>;
/** `dyn` is what is known only when an event comes. */
type Type = string;
type Scope = ReadonlyMap<string, Type>;

export interface TypeProblem {
  readonly reason: string;
  /** In the text; undefined where the parser kept none. */
  readonly offset: number | undefined;
}

/** Loops within loops: more makes an event of some thousand values expensive. */
const conditionDepth = 2;
const numeric: ReadonlySet<Type> = new Set(['int', 'uint', 'double']);
const attributeTypes: { readonly [name: string]: Type } = {
  id: 'string',
  source: 'string',
  type: 'string',
  specversion: 'string',
  subject: 'string',
  time: 'string',
};
const typeNames = ['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint'];

export function typeErrorOf(parsed: Parsed, functions: readonly CelFunc[]): TypeProblem | null {
  const { expr } = parsed;
  if (expr === undefined) return { reason: 'it is empty', offset: undefined };
  const inference = new Inference(functions);
  try {
    const type = inference.typeOf(expr, new Map(), 0);
    if (type === 'bool' || type === 'dyn') return null;
    return { reason: `it must be true or false, and it is of type ${type}`, offset: undefined };
  } catch (error) {
    if (!(error instanceof IllTyped)) throw error;
    return { reason: error.message, offset: parsed.sourceInfo?.positions[String(error.at.id)] };
  }
}

class IllTyped extends Error {
  readonly at: Expression;

  constructor(at: Expression, reason: string) {
    super(reason);
    this.at = at;
  }
}

class Inference {
  readonly #functions = new Map<string, CelFunc[]>();

  constructor(functions: readonly CelFunc[]) {
    for (const each of functions) this.#functions.set(each.name, [...(this.#functions.get(each.name) ?? []), each]);
  }

  typeOf(at: Expression, scope: Scope, depth: number): Type {
    const of = (inner: Expression | undefined): Type =>
      inner === undefined ? 'dyn' : this.typeOf(inner, scope, depth);
    const { exprKind: kind } = at;
    switch (kind.case) {
      case 'constExpr':
        return constantTypes[kind.value.constantKind.case ?? ''] ?? 'dyn';
      case 'identExpr':
        return identifierType(kind.value.name, at, scope);
      case 'selectExpr':
        return selectedType(kind.value, of(kind.value.operand), at);
      case 'listExpr':
        kind.value.elements.forEach(of);
        return 'list';
      case 'structExpr':
        if (kind.value.messageName !== '') throw new IllTyped(at, `there is no type "${kind.value.messageName}"`);
        for (const { value } of kind.value.entries) of(value);
        return 'map';
      case 'comprehensionExpr':
        return this.#loop(kind.value, scope, depth, at);
      case 'callExpr': {
        const { function: name, args, target } = kind.value;
        return this.#call(name, target === undefined ? null : of(target), args.map(of), at);
      }
      default:
        return 'dyn';
    }
  }

  #call(name: string, target: Type | null, args: readonly Type[], at: Expression): Type {
    const special = operatorType(name, args);
    if (special !== undefined) {
      if (special === null) throw new IllTyped(at, misfit(name, target, args));
      return special;
    }
    const overloads = this.#functions.get(name);
    if (overloads === undefined) {
      const near = nearName(
        name,
        [...this.#functions.keys()].filter((known) => /^\w+$/.test(known)),
      );
      throw new IllTyped(at, `there is no function "${name}"${near === undefined ? '' : `, did you mean ${near}`}`);
    }
    const fitting = overloads.filter((overload) => fits(overload, target, args));
    if (fitting.length === 0) throw new IllTyped(at, misfit(name, target, args));
    const results = new Set(fitting.map(({ result }) => typeName(result)));
    return results.size === 1 ? [...results][0]! : 'dyn';
  }

  #loop(loop: Loop, scope: Scope, depth: number, at: Expression): Type {
    if (depth >= conditionDepth) throw new IllTyped(at, `loops may be ${conditionDepth} deep`);
    const range = loop.iterRange === undefined ? 'dyn' : this.typeOf(loop.iterRange, scope, depth);
    if (!['list', 'map', 'dyn'].includes(range))
      throw new IllTyped(at, `a loop needs a list or a map, and this is a ${range}`);
    const start = loop.accuInit === undefined ? 'dyn' : this.typeOf(loop.accuInit, scope, depth);
    const inner = new Map([...scope, [loop.iterVar, 'dyn'], [loop.iterVar2, 'dyn'], [loop.accuVar, start]]);
    for (const part of [loop.loopCondition, loop.loopStep]) if (part !== undefined) this.typeOf(part, inner, depth + 1);
    return loop.result === undefined ? 'dyn' : this.typeOf(loop.result, inner, depth);
  }
}

type Loop = Extract<Expression['exprKind'], { case: 'comprehensionExpr' }>['value'];
type Select = Extract<Expression['exprKind'], { case: 'selectExpr' }>['value'];

const constantTypes: { readonly [kind: string]: Type } = {
  boolValue: 'bool',
  bytesValue: 'bytes',
  doubleValue: 'double',
  int64Value: 'int',
  nullValue: 'null_type',
  stringValue: 'string',
  uint64Value: 'uint',
};

function identifierType(name: string, at: Expression, scope: Scope): Type {
  const known = scope.get(name);
  if (known !== undefined) return known;
  if (name === 'event') return 'map';
  if (typeNames.includes(name)) return 'type';
  const near = nearName(name, ['event', ...scope.keys()]);
  throw new IllTyped(
    at,
    `there is no "${name}"${near === undefined ? '; an event is "event"' : `, did you mean ${near}`}`,
  );
}

function selectedType({ operand, field, testOnly }: Select, type: Type, at: Expression): Type {
  if (type !== 'map' && type !== 'dyn') throw new IllTyped(at, `a ${type} has no field "${field}"`);
  if (testOnly) return 'bool';
  const isEvent = operand?.exprKind.case === 'identExpr' && operand.exprKind.value.name === 'event';
  return isEvent && Object.hasOwn(attributeTypes, field) ? attributeTypes[field]! : 'dyn';
}

/** Of the operators that are no functions of the library, or that it lets compare anything. Null: they do not fit. */
function operatorType(name: string, args: readonly Type[]): Type | null | undefined {
  const [first = 'dyn', second = 'dyn', third = 'dyn'] = args;
  const isBool = (type: Type) => type === 'bool' || type === 'dyn';
  switch (name) {
    case '_&&_':
    case '_||_':
      return isBool(first) && isBool(second) ? 'bool' : null;
    case '@not_strictly_false':
      return 'bool';
    case '_?_:_':
      if (!isBool(first)) return null;
      return second === third ? second : 'dyn';
    case '_[_]':
      return ['list', 'map', 'dyn'].includes(first) ? 'dyn' : null;
    case '_==_':
    case '_!=_':
      return isComparable(first, second) ? 'bool' : null;
    default:
      return undefined;
  }
}

function isComparable(one: Type, other: Type): boolean {
  if (one === other || [one, other].some((type) => type === 'dyn' || type === 'null_type')) return true;
  return numeric.has(one) && numeric.has(other);
}

function fits(overload: CelFunc, target: Type | null, args: readonly Type[]): boolean {
  if ((overload.target === undefined) !== (target === null) || overload.arguments.length !== args.length) return false;
  const isFit = (wanted: CelType, given: Type) => given === 'dyn' || [given, 'dyn'].includes(typeName(wanted));
  return (
    (overload.target === undefined || target === null || isFit(overload.target, target)) &&
    overload.arguments.every((wanted, index) => isFit(wanted, args[index]!))
  );
}

function typeName(type: CelType): Type {
  return type.kind === 'scalar' ? type.scalar : type.name;
}

function misfit(name: string, target: Type | null, args: readonly Type[]): string {
  const operator = /^_?(\W+)_?$|^@(\w+)$/.exec(name);
  const types = [...(target === null ? [] : [target]), ...args].join(' and ');
  return `"${operator?.[1] ?? operator?.[2] ?? name}" does not take ${types === '' ? 'nothing' : types}`;
}
