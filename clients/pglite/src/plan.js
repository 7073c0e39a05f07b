/** What a plan must be before any of it is run. */

import { ElectricSchemaError } from './error.js'
import { entryHash } from './hash.js'

const PROTOCOL = 1
const HASH = /^[0-9a-f]{64}$/

const is = {
  hash: (value) => typeof value === 'string' && HASH.test(value),
  count: (value) => Number.isSafeInteger(value) && value >= 0,
  text: (value) => typeof value === 'string' && value.isWellFormed(),
  list: (item) => (value) => Array.isArray(value) && value.every(item),
  object: (members) => (value) =>
    typeof value === 'object' && value !== null && Object.entries(members).every(([name, check]) => check(value[name])),
  oneOf: (...choices) => (value) => choices.includes(value),
  any: (value) => value !== undefined,
}

const table = is.object({ schema: is.text, table: is.text })

const planShape = {
  action: is.oneOf('ready', 'migrate', 'reset', 'bootstrap'),
  head: is.object({ seq: is.count, hash: is.hash, reset_version: is.count }),
  requires: is.object({ extensions: is.list(is.text), collations: is.list(is.text) }),
  transactions: Array.isArray,
  refetch: is.list(table),
  fetch: is.list(table),
  after_refetch: is.list(is.text),
  lost: is.list(is.any),
}

const recordedShape = {
  squashed: is.oneOf(undefined, false),
  seq: is.count,
  hash: is.hash,
  parent_hash: is.hash,
  class: is.oneOf('additive', 'destructive'),
  reset_version: is.count,
  private_digest: is.hash,
  statements: is.list(is.text),
  changes_digest: is.hash,
  schema_hash: is.hash,
  record: is.text,
}

/**
 * Checks a plan against the client's position, and gives it back.
 * @param {any} plan
 * @param {import('../index.d.ts').Position | null} from
 * @returns {Promise<import('../index.d.ts').Plan>}
 */
export async function verifyPlan(plan, from) {
  if (typeof plan !== 'object' || plan === null) throw malformed('The plan is not an object.')
  if (plan.protocol !== PROTOCOL) {
    throw new ElectricSchemaError('protocol', `The plan speaks protocol ${plan.protocol}, this library ${PROTOCOL}.`, {
      details: { protocol: plan.protocol },
    })
  }
  if (plan.action === 'abort') throw aborted(plan.reason)
  requireShape(plan, planShape, 'plan')

  const recorded = plan.transactions.filter((transaction) => transaction?.squashed !== true)
  recorded.forEach((entry) => requireShape(entry, recordedShape, 'recorded transaction'))
  if (recorded.length === 0) requireSquashed(plan.transactions)
  else if (recorded.length < plan.transactions.length) throw malformed('The plan mixes recorded and squashed transactions.')

  if (plan.action !== 'bootstrap' && from === null) {
    throw malformed(`A client without a position can only bootstrap, not ${plan.action}.`)
  }
  switch (plan.action) {
    case 'ready':
      if (plan.transactions.length > 0) throw malformed('A ready plan has transactions.')
      if (plan.head.hash !== from.hash || plan.head.seq !== from.seq) {
        throw broken(`The server says ready, but its head is ${plan.head.hash} and this client is at ${from.hash}.`)
      }
      break
    case 'migrate':
      if (plan.refetch.length > 0 || plan.after_refetch.length > 0) throw malformed('A migrate plan has tables to refetch.')
      if (plan.transactions.length === 0) throw malformed('A migrate plan has no transactions.')
      if (recorded.length > 0) await verifyChain(recorded, from, plan.head)
      break
    case 'reset':
    case 'bootstrap':
      if (plan.transactions.length === 0) throw malformed(`A ${plan.action} plan has no transactions.`)
      if (recorded.length > 0) throw malformed(`A ${plan.action} plan has recorded transactions.`)
      break
  }
  return plan
}

async function verifyChain(entries, from, head) {
  let { seq, hash } = from
  for (const entry of entries) {
    if (entry.parent_hash !== hash) throw broken(`Entry ${entry.seq} does not continue from ${hash}.`, entry)
    if (entry.seq !== seq + 1) throw broken(`Entry ${entry.seq} comes after ${seq}.`, entry)
    if ((await entryHash(entry)) !== entry.hash) throw broken(`Entry ${entry.seq} is not what its hash says.`, entry)
    ;({ seq, hash } = entry)
  }
  if (hash !== head.hash || seq !== head.seq || entries.at(-1).reset_version !== head.reset_version) {
    throw broken(`The entries end at ${seq} ${hash}, not at the head that the plan names.`)
  }
}

function requireSquashed(transactions) {
  transactions.forEach((transaction, i) => {
    const last = i === transactions.length - 1
    requireShape(
      transaction,
      { statements: is.list(is.text), record: last ? is.text : is.oneOf(undefined, null) },
      last ? 'last squashed transaction' : 'squashed transaction',
    )
  })
}

function requireShape(value, shape, name) {
  const wrong = Object.entries(shape).find(([member, check]) => !check(value?.[member]))
  if (wrong) throw malformed(`The ${name} has no valid "${wrong[0]}".`)
}

function aborted(reason) {
  const message =
    reason === 'client_ahead'
      ? 'This client is ahead of the server: was the server restored from a backup?'
      : 'The server does not know the hash that this client is at.'
  return new ElectricSchemaError('aborted', message, { details: { reason } })
}

function malformed(message) {
  return new ElectricSchemaError('malformed_plan', message)
}

function broken(message, entry) {
  return new ElectricSchemaError('broken_chain', message, { details: entry ? { seq: entry.seq, hash: entry.hash } : {} })
}
