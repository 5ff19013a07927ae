// The module that converts formulas to MathML. The kernel sends it to a page that asks, since
// most hosts have a typesetter of their own, and it is half as long as all the rest.
import temml from "temml";

/** Convert a formula without its delimiters to a `math` element.
 *
 *  Throws an error if there is something in it that the converter does not know. */
export function convert(formula: string, displayMode: boolean): string {
  return temml.renderToString(formula, {
    displayMode,
    throwOnError: true,
    trust: false,
    maxSize: [20, 50],
    maxExpand: 1000,
  });
}
