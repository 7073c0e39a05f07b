import { readFileSync } from 'node:fs'
import { normalise } from './normalise.js'

const query = readFileSync(new URL('catalog.sql', import.meta.url), 'utf8').replace(/^\s*--.*\n/gm, '')

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
${query};
COMMIT`

/**
 * The schema of a database as sorted lines, `object: definition`.
 * @param {(sql: string) => Promise<{rows: object[]}[]>} run  sends several statements as one simple query
 */
export async function describe(run) {
  const results = await run(pinned)
  const { rows } = results.find(({ rows }) => rows.length > 0)
  return rows.map(({ object, definition }) => line(object, normalise(definition ?? ''))).sort()
}

export const describeServer = (client) => describe((sql) => client.query(sql))
export const describePGlite = (db) => describe((sql) => db.exec(sql))

/** The differences, one line each and grouped by object; empty when the two are equal. */
export function diff(server, client) {
  const onServer = new Map(server.map(split))
  const onClient = new Map(client.map(split))
  const lines = []
  for (const [object, definition] of onServer) {
    if (!onClient.has(object)) lines.push(`- ${line(object, definition)}  (only the server has it)`)
    else if (onClient.get(object) !== definition) {
      lines.push(`! ${object}`, `    server: ${definition}`, `    client: ${onClient.get(object)}`)
    }
  }
  for (const [object, definition] of onClient) {
    if (!onServer.has(object)) lines.push(`+ ${line(object, definition)}  (only the client has it)`)
  }
  return lines
}

function line(object, definition) {
  return definition ? `${object}: ${definition}` : object
}

function split(text) {
  const at = text.indexOf(': ')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 2)]
}
