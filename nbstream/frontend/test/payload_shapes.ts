// Run by tests/test_contract.py: writes the fields of each kind's payload, and of each
// object in it, as TypeScript has them: `{kind: {field: type}}`, `?` after an optional.
import { fileURLToPath } from "node:url";
import ts from "typescript";

const file = fileURLToPath(new URL("../src/blocks/payloads.ts", import.meta.url));
const program = ts.createProgram([file], {
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  module: ts.ModuleKind.Preserve,
  target: ts.ScriptTarget.ES2022,
});
const checker = program.getTypeChecker();

function fieldsOf(type: ts.Type): Record<string, unknown> {
  const fields = checker.getPropertiesOfType(type).map((field) => {
    const optional = (field.flags & ts.SymbolFlags.Optional) !== 0;
    const of = checker.getNonNullableType(checker.getTypeOfSymbol(field));
    return [field.name + (optional ? "?" : ""), shapeOf(of)] as const;
  });
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `string`, `number`, `boolean`, `list`, the fields of an object, or in `each` those of
 *  all objects of a map. */
function shapeOf(type: ts.Type): unknown {
  if (type.flags & ts.TypeFlags.StringLike) return "string";
  if (type.flags & ts.TypeFlags.NumberLike) return "number";
  if (type.flags & ts.TypeFlags.BooleanLike) return "boolean";
  if (checker.isArrayType(type) || checker.isTupleType(type)) return "list";
  const each = checker.getIndexTypeOfType(type, ts.IndexKind.String);
  return each === undefined ? fieldsOf(type) : { each: shapeOf(each) };
}

const source = program.getSourceFile(file)!;
const table = source.statements.find(
  (one): one is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(one) && one.name.text === "Payloads",
)!;
process.stdout.write(JSON.stringify(fieldsOf(checker.getTypeAtLocation(table))));
