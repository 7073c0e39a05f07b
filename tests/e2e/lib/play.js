import { breakSchema } from './breaks.js'
import { describeServer, diff, neededRoutines } from './catalog.js'
import { kinds } from './clients.js'
import { connect, drop, recreate } from './cluster.js'

// `n` migrations have been applied. Who is there at 0 begins with an empty ledger.
const rhythms = {
  'every migration': () => true,
  'every 7th': (n, last) => n % 7 === 0 || n === last,
  'first and last': (n, last) => n === 1 || n === last,
  'new at the end': (n, last) => n === last,
  // Asks for everything although it holds an older schema.
  'starts over': (n, last) => n % 9 === 1 || n === last,
}

/** Plays one history; gives how many clients kept up all the way. */
export async function play(history, clientKinds) {
  const { name, tool, migrations } = history
  const last = migrations.length
  const started = Date.now()
  console.log(`${name}: ${last} migrations, ${tool}`)

  const database = `e2e_${name.toLowerCase().replace(/\W/g, '_')}`
  const deployer = await recreate(database)
  await deployer.query('CREATE EXTENSION electric_schema')
  const server = await connect(database)

  const followers = clientKinds.flatMap((kind) =>
    Object.entries(kind === 'recorded' ? { 'every migration': () => true } : rhythms).map(([rhythm, due]) => ({
      kind,
      rhythm,
      due: (n) => due(n, last),
      database,
      client: null,
      server: null,
      actions: {},
      failure: null,
    })),
  )

  let deploy = null
  const surplus = []
  const mislabelled = []
  // A routine that clients have once, they keep.
  const needed = new Set()
  let seq = await headSeq(server)
  await history.prepare(deployer)
  for (let n = 0; n <= last && !deploy; n++) {
    const tag = migrations[n - 1]?.tag ?? 'the empty database'
    try {
      if (n > 0) await history.apply(deployer, migrations[n - 1])
    } catch (error) {
      deploy = [`after ${n - 1} of ${last}, the server refused ${tag}: ${error.message}`, ...detail(error)]
      break
    }
    const before = seq
    seq = await headSeq(server)
    if (n > 0) mislabelled.push(...(await checkLabels(server, before, history.label(migrations[n - 1]))))
    if (history.oneTransaction && seq > before + 1) surplus.push(`${tag}, one transaction, made ${seq - before} entries`)
    const expected = await describeServer(server)
    for (const routine of neededRoutines(expected)) needed.add(routine)
    const due = followers.filter((follower) => follower.due(n) && !follower.failure)
    await Promise.all(due.map((follower) => follow(follower, { expected, needed, n, last, tag })))
    if (n > 0 && n % 100 === 0) console.log(`  ${n} of ${last}, ${seconds(started)}`)
  }

  const ledgerFailure = [...(deploy ?? []), ...surplus, ...mislabelled.slice(0, 10), ...(await verify(server))]
  for (const follower of followers) {
    if (deploy) follower.failure ??= ['did not get to the end, because the server did not']
    await follower.client?.close()
    await follower.server?.end()
  }
  const results = [
    ...followers.map(({ kind, rhythm, actions, failure }) => ({ what: `${kind}, ${rhythm}`, note: summary(actions), failure })),
    { what: 'server, ledger', note: await ledgerSummary(server), failure: ledgerFailure.length > 0 ? ledgerFailure : null },
  ]
  await deployer.end()
  await server.end()
  await drop(database)

  for (const { what, note, failure } of results) {
    console.log(`  ${failure ? 'FAIL' : 'ok  '}  ${what.padEnd(26)}${note}`)
    for (const line of failure ?? []) console.log(`          ${line}`)
  }
  const failed = results.filter(({ failure }) => failure).length
  console.log(`  ${seconds(started)}\n`)
  return { passed: results.length - failed, failed }
}

async function follow(follower, { expected, needed, n, last, tag }) {
  let startsOver = follower.rhythm === 'starts over'
  const fetchPlan = async (at) => {
    const { rows } = await follower.server.query('SELECT electric_schema.handshake($1, $2) AS plan', [
      startsOver ? null : (at?.hash ?? null),
      startsOver ? null : (at?.seq ?? null),
    ])
    return rows[0].plan
  }
  const fetchEntries = async ({ hash }) => {
    const { rows } = await follower.server.query('SELECT seq, hash, parent_hash, statements FROM electric_schema.diff($1) ORDER BY seq', [hash])
    const transactions = rows.map(({ seq, hash, parent_hash, statements }) => ({
      statements,
      record: `INSERT INTO _electric_meta.applied VALUES (${seq}, '${hash}', '${parent_hash}')`,
    }))
    return { action: 'replay', transactions }
  }
  try {
    follower.server ??= await connect(follower.database)
    follower.client ??= await kinds[follower.kind](`${follower.database}_${follower.kind}_${follower.rhythm.replace(/\W/g, '_')}`)
    const { action } = await follower.client.sync(fetchPlan, fetchEntries)
    follower.actions[action] = (follower.actions[action] ?? 0) + 1
    const differences = diff(expected, await follower.client.describe(), { loosely: follower.client.loosely, needed })
    if (differences.length > 0) {
      follower.failure = [`after ${n} (${tag}), ${action} left a schema that differs:`, ...differences.slice(0, 40)]
      if (differences.length > 40) follower.failure.push(`… and ${differences.length - 40} more lines`)
      return
    }
    if (n === last) {
      const wrong = await drift(follower)
      if (wrong.length > 0) {
        follower.failure = [`after ${n} (${tag}), ${action} left a schema that check() finds wrong:`, ...wrong.flat()]
        return
      }
    }
    startsOver = false
    const again = await fetchPlan(await follower.client.position())
    if (again.action !== 'ready') follower.failure = [`after ${n} (${tag}), ${action} was followed by ${again.action}, not by ready`]
    else if (n === last && follower.rhythm === 'every migration') {
      const wrong = await survive(follower, fetchPlan)
      if (wrong.length > 0) follower.failure = wrong
    }
  } catch (error) {
    follower.failure = [`after ${n} (${tag}): ${error.message}`, ...detail(error)]
  }
}

/** What the client library finds wrong with the client's schema. */
async function drift({ client, server }) {
  const fetchSnapshot = async ({ hash }) =>
    (await server.query('SELECT electric_schema.snapshot($1) AS snapshot', [hash])).rows[0].snapshot
  const { extra, missing, different, pending } = await client.check(fetchSnapshot)
  return [
    ...extra.map(({ object, actual }) => [`+ ${object}`, `is ${actual}`]),
    ...missing.map(({ object, expected }) => [`- ${object}`, `must be ${expected}`]),
    ...different.map(({ object, expected, actual }) => [`! ${object}`, `is ${actual}`, `must be ${expected}`]),
    ...pending.map((statement) => ['pending', statement]),
  ]
}

/** Somebody breaks the schema by hand: check() has to name all of it and nothing else, and its remedy has to help. */
async function survive(follower, fetchPlan) {
  const { done, expected } = await breakSchema(follower.client.run)
  const named = (await drift(follower)).map(([name]) => name).sort()
  if (named.join('\n') !== expected.join('\n')) return ['check() does not name what was broken:', ...done, 'named:', ...named]
  await follower.client.run('DROP TABLE public.own')
  await follower.client.bootstrap(fetchPlan)
  const left = await drift(follower)
  return left.length > 0 ? ['what was broken outlived a bootstrap:', ...left.flat()] : []
}

async function headSeq(server) {
  return Number((await server.query('SELECT seq FROM electric_schema.head()')).rows[0]?.seq ?? 0)
}

/** The entries since `seq` that are not called what the tool's bookkeeping calls the migration. */
async function checkLabels(server, seq, expected) {
  const { rows } = await server.query(
    'SELECT seq, label FROM _electric_meta.migrations WHERE seq > $1 AND label IS DISTINCT FROM $2 ORDER BY seq',
    [seq, expected],
  )
  return rows.map(({ seq, label }) => `entry ${seq} is called ${label}, not ${expected}`)
}

async function verify(server) {
  try {
    const { rows } = await server.query('SELECT to_jsonb(v) AS v FROM electric_schema.verify() v')
    return rows[0]?.v?.ok === true ? [] : [`verify(): ${JSON.stringify(rows[0]?.v)}`]
  } catch (error) {
    return [`verify(): ${error.message}`, ...detail(error)]
  }
}

async function ledgerSummary(server) {
  try {
    const { rows } = await server.query('SELECT seq, reset_version FROM electric_schema.head()')
    return `${rows[0].seq} entries, ${rows[0].reset_version} of them destructive`
  } catch (error) {
    return error.message
  }
}

// Errors of a database and of the client library keep what helps most in other places than their message.
function detail({ detail, hint, where, details, cause }) {
  const notes = { statement: details?.statement, detail: detail ?? cause?.detail, hint: hint ?? cause?.hint, where }
  return Object.entries(notes)
    .filter(([, text]) => text)
    .map(([name, text]) => `${name}: ${text.replace(/\s+/g, ' ').slice(0, 500)}`)
}

function summary(actions) {
  return Object.entries(actions)
    .map(([action, times]) => `${times} ${action}`)
    .join(', ')
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
