/**
 * The text of a query without what one release prints and another leaves out: the table before a column where only one
 * table has it, and the line breaks. What it loses is compared to the letter on a client of the server's own release,
 * which gets the same statements.
 */
export function unqualified(text) {
  return text.replace(/('(?:[^']|'')*')|((?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)\.)+(?=["\p{L}_*])|\s+/gu, (part, string, name) =>
    string ?? (name ? '' : ' '),
  )
}
