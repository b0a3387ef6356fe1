/** A Ruby string literal in which nothing is interpolated. LabErrors are not for it: any text can be written. */
export function ruby(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
