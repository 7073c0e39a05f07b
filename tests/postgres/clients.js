import { describeServer, diff } from '../e2e/lib/catalog.js'
import { drop, recreate } from '../e2e/lib/cluster.js'
import { sync } from '../e2e/lib/vanilla.js'

/** The catalogs of the server as its clients must have them, and how many lines of them they cannot have. */
export async function distributed(server) {
  const { rows } = await server.query('SELECT not_distributed FROM electric_schema.status')
  const without = new Set(rows[0].not_distributed.map(({ identity }) => identity))
  const lines = (await describeServer(server)).filter(isObject)
  const expected = lines.filter((line) => !belongs(without, line)).map((line) => ownerless(without, line))
  return { expected, left: lines.length - expected.length }
}

// A part of a table goes with it, and so does what refers to it: foreign keys, an identity column's sequence.
function belongs(without, line) {
  const [, object] = line.match(/^(?:foreign table|materialized view|\w+) (.*)$/s)
  const [, referred] = line.match(/: FOREIGN KEY .* REFERENCES (.*)$/s) ?? line.match(/ identity of (.*)$/) ?? []
  return within(without, object) || (referred !== undefined && within(without, referred))
}

// A sequence that a column owns is an object of its own, which stays without its owner.
function ownerless(without, line) {
  const [, rest, owner] = line.match(/^(sequence .*) owned by (.*)$/) ?? []
  return owner !== undefined && within(without, owner) ? rest : line
}

// `public.t.c: …` and `public.t(c)` are within `public.t`. Other names have their dots quoted, so no wrong cut is anybody's name.
function within(identities, text) {
  const cuts = [...text.matchAll(/[.:(]|$/g)].map(({ index }) => index)
  return cuts.some((cut) => identities.has(text.slice(0, cut)))
}

/** A client that has nothing yet. */
export async function newcomer(server, expected) {
  return withDatabase('regression_newcomer', async (client) => {
    await sync(client, () => plan(server, null, null))
    return unlike(client, server, expected)
  })
}

/** A client that came when the ledger was empty, and stayed away until now. */
export async function fromGenesis(server, expected) {
  const { rows } = await server.query('SELECT parent_hash FROM _electric_meta.migrations WHERE seq = 1')
  const [genesis] = rows
  return withDatabase('regression_genesis', async (client) => {
    // What a bootstrap from an empty ledger would have left behind. There is no such ledger any more to ask.
    const { transactions } = await plan(server, null, null)
    const own = transactions.flatMap(({ statements }) => statements).filter((sql) => /^CREATE \w+ IF NOT EXISTS _electric_meta\b/.test(sql))
    for (const sql of own) await client.query(sql)
    await client.query('INSERT INTO _electric_meta.applied (seq, hash, parent_hash) VALUES (0, $1, NULL)', [genesis.parent_hash])
    const { action } = await sync(client, ({ hash, seq }) => plan(server, hash, seq))
    const again = await sync(client, ({ hash, seq }) => plan(server, hash, seq))
    const lines = await unlike(client, server, expected)
    return again.action === 'ready' ? lines : [`${action} was followed by ${again.action}, not by ready`, ...lines]
  })
}

/** Every statement of every entry, in order, without rows. A statement that fails does not keep the next ones from being tried. */
export async function replay(server, expected) {
  const { rows } = await server.query('SELECT seq, class, statements FROM _electric_meta.migrations ORDER BY seq')
  return withDatabase('regression_replay', async (client) => {
    const lines = []
    for (const { seq, class: kind, statements } of rows) {
      await client.query('BEGIN')
      for (const statement of statements) {
        await client.query('SAVEPOINT statement')
        try {
          await client.query(statement)
        } catch (error) {
          await client.query('ROLLBACK TO statement')
          lines.push(`entry ${seq}, ${kind}: ${error.message}`, `    ${statement.replace(/\s+/g, ' ').slice(0, 300)}`)
        }
      }
      await client.query('COMMIT')
    }
    return [...lines, ...(await unlike(client, server, expected))]
  })
}

async function unlike(client, server, expected) {
  return diff(expected, (await describeServer(client)).filter(isObject))
}

// What needs a routine is told beside the objects, and can be a thing that clients do not have.
function isObject(line) {
  return !line.startsWith('needs ')
}

async function plan(server, hash, seq) {
  return (await server.query('SELECT electric_schema.handshake($1, $2) AS plan', [hash, seq])).rows[0].plan
}

async function withDatabase(name, run) {
  const client = await recreate(name)
  try {
    return await run(client)
  } catch (error) {
    const statement = error.details?.statement
    return [error.message, ...(statement ? [`    ${statement.replace(/\s+/g, ' ').slice(0, 300)}`] : [])]
  } finally {
    await client.end()
    await drop(name)
  }
}
