import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { split } from '../../../clients/pglite/cli/split.js'

const folder = new URL('../cases', import.meta.url).pathname
const HEADER = /^-- CASE (.+?): (additive|destructive|nothing)(?: \[(.+)\])?$/

// Why a variant may have to leave a case out.
export const TAGS = ['superuser', 'temporary', 'rows', 'qualified', 'unquoted', 'not in PL/pgSQL']

/**
 * All cases, in the order of files and lines.
 * @returns {{ file: string, name: string, expect: string, tags: string[], setup: string, change: string[] }[]}
 */
export function readCases() {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql')).sort()
  const cases = files.flatMap((file) => readFile(join(folder, file)))
  const twice = cases.filter(({ name }, i) => cases.findIndex((other) => other.name === name) !== i)
  if (twice.length > 0) throw new Error(`two cases of one name: ${twice.map(({ name }) => name).join(', ')}`)
  return cases
}

function readFile(path) {
  const file = basename(path, '.sql')
  const parts = readFileSync(path, 'utf8').split(/^(?=-- CASE )/m)
  return parts.filter((part) => part.startsWith('-- CASE ')).map((part) => readCase(file, part))
}

function readCase(file, text) {
  const [header, ...lines] = text.split('\n')
  const match = header.match(HEADER)
  if (!match) throw new Error(`${file}: not a header: ${header}`)
  const [, name, expect, tagList] = match
  const tags = tagList?.split(', ') ?? []
  const unknown = tags.filter((tag) => !TAGS.includes(tag))
  if (unknown.length > 0) throw new Error(`${file}: ${name}: unknown: ${unknown.join(', ')}`)
  const at = lines.indexOf('-- CHANGE')
  const change = split(lines.slice(at + 1).join('\n'))
  if (at < 0 || change.length === 0) throw new Error(`${file}: ${name}: no change`)
  return { file, name, expect, tags, setup: lines.slice(0, at).join('\n'), change }
}
