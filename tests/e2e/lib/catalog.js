import { readFileSync } from 'node:fs'
import { describing } from '../../../clients/pglite/src/describe.js'
import { normalise } from '../../../clients/pglite/src/normalise.js'
import { unqualified } from './unqualified.js'

const needs = readFileSync(new URL('needs.sql', import.meta.url), 'utf8').replace(/^\s*--.*\n/gm, '')
const schemas = `ARRAY(SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_'
  AND nspname NOT IN ('information_schema', '_electric_meta', 'electric_schema', 'drizzle'))`

// What is printed depends on these. One round trip, and nothing stays set in the session.
const pinned = `
BEGIN;
SET LOCAL search_path = '';
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1;
SET LOCAL quote_all_identifiers = off;
SET LOCAL lc_monetary = 'C';
${describing(schemas)};
${needs};
COMMIT`

/**
 * The schema of a database as sorted lines, `object: definition`, as the client library describes it.
 * @param {(sql: string) => Promise<{rows: object[]}[]>} run  sends several statements as one simple query
 */
export async function describe(run) {
  const results = await run(pinned)
  return results
    .flatMap(({ rows }) => rows)
    .filter(({ kind, name, part_of }) => kind !== 'extension' && !bookkeeping.has(`${kind} ${name}`) && !bookkeeping.has(part_of))
    .map(({ kind, name, place, definition }) => {
      const text = normalise(definition ?? '')
      return line(`${kind === 'trigger function' ? 'function' : kind} ${name}`, place === null ? text : `#${place} ${text}`)
    })
    .sort()
}

const bookkeeping = new Set(['table public._prisma_migrations', 'constraint public._prisma_migrations._prisma_migrations_pkey'])

export const describeServer = (client) => describe((sql) => client.query(sql))
export const describePGlite = (db) => describe((sql) => db.exec(sql))

/**
 * The differences, one line each and grouped by object; empty when the two are equal.
 * @param {{ loosely?: boolean, needed?: Set<string> }} how  the client's Postgres is another release, which prints queries in
 *   its own way; the names of the routines that clients may have
 */
export function diff(server, client, { loosely = false, needed } = {}) {
  const entries = (lines) => lines.map(split).map(([object, text]) => [object, loosely && isCode(object) ? unqualified(text) : text])
  const onServer = new Map(entries(server))
  const onClient = new Map(entries(client))
  const lines = []
  for (const [object, definition] of onServer) {
    if (!onClient.has(object)) {
      if (!isRoutine(object)) lines.push(`- ${line(object, definition)}  (only the server has it)`)
    } else if (onClient.get(object) !== definition) {
      lines.push(`! ${object}`, `    server: ${definition}`, `    client: ${onClient.get(object)}`)
    }
  }
  for (const [object, definition] of onClient) {
    if (!onServer.has(object)) lines.push(`+ ${line(object, definition)}  (only the client has it)`)
    else if (isRoutine(object) && needed?.has(bareName(object)) === false) lines.push(`+ ${line(object, definition)}  (nothing needs it)`)
  }
  return lines
}

const isRoutine = (object) => /^(function|procedure) /.test(object)
const isCode = (object) => /^(function|procedure|view|materialized view) /.test(object)

/**
 * The names, without their schemas, of the routines that something else needs, and of those that the text of one of these
 * may call.
 */
export function neededRoutines(server) {
  const definitions = new Map(server.map(split))
  const routines = [...definitions.keys()].filter(isRoutine)
  const needed = new Set(routines.filter((routine) => definitions.has(`needs ${routine}`)))
  for (const caller of needed) {
    const text = definitions.get(caller).toLowerCase()
    for (const routine of routines) if (text.includes(bareName(routine).toLowerCase())) needed.add(routine)
  }
  return new Set([...needed].map(bareName))
}

function bareName(routine) {
  const [, name, quoted] = routine.match(/^\w+ (?:"(?:[^"]|"")+"|[^".]+)\.("((?:[^"]|"")+)"|[^("]+)\(/)
  return quoted?.replaceAll('""', '"') ?? name
}

function line(object, definition) {
  return definition ? `${object}: ${definition}` : object
}

function split(text) {
  const at = text.indexOf(': ')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 2)]
}
