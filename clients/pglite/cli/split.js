/** The statements of a script, cut where psql would cut them. */
export function split(script) {
  const token =
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$(?:[a-z_]\w*)?\$)[\s\S]*?\1|--[^\n]*|\/\*[\s\S]*?\*\/|;|[^'"$\-/;]+|./gi
  const statements = []
  let statement = ''
  let hasCode = false
  for (const [part] of script.matchAll(token)) {
    if (part === ';') {
      if (hasCode) statements.push(statement.trim())
      statement = ''
      hasCode = false
      continue
    }
    statement += part
    if (part.trim() && !part.startsWith('--') && !part.startsWith('/*')) hasCode = true
  }
  if (hasCode) statements.push(statement.trim())
  return statements
}
