/** The package's own lists, of which its typings tell nothing. */
declare module "sex-by-russian-name/dist/names.js" {
  const lists: { readonly names: Readonly<Record<"female" | "male", ReadonlySet<string>>> };
  export = lists;
}
