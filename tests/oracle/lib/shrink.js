import { Violation } from './violation.js'
import { World } from './world.js'

/** Leaves out other clients, rows, operations and statements as long as the same promise is broken. */
export async function shrink(admin, name, error, seconds) {
  const until = Date.now() + seconds * 1000
  let best = { operations: error.operations, error }
  const holds = async (operations) => {
    if (Date.now() > until && best.error !== error) return false
    const again = await replay(admin, `${name}_small`, operations)
    if (again?.signature !== error.signature) return false
    best = { operations, error: again }
    return true
  }
  if (!(await holds(best.operations))) {
    best.error.lines = [...best.error.lines, '(it did not happen again)']
    return best
  }
  const last = best.operations.at(-1)
  const without = (leave) => holds(best.operations.filter((operation, i, all) => i === all.length - 1 || !leave(operation, i, all)))
  await without((o) => o.client && o.client !== last.client)
  await without((o) => ['dml', 'local', 'download'].includes(o.op))
  await without((o) => o.op === 'check' && !o.keep)
  await without((o) => o.op === 'local')
  // Who starts later has fewer plans to follow.
  await without((o, i, all) => o.op === 'check' && all.slice(i + 1, -1).some((other) => other.op === 'check'))
  await halve(() => best.operations.length - 1, (at, size) => best.operations.toSpliced(at, size))
  for (let i = best.operations.length - 1; i >= 0; i--) {
    const length = () => best.operations[i].sql?.length ?? 0
    if (length() < 2) continue
    await halve(length, (at, size) => best.operations.with(i, { ...best.operations[i], sql: best.operations[i].sql.toSpliced(at, size) }))
  }
  best.operations = best.operations.filter((o) => o.sql?.length !== 0)
  await halve(() => best.operations.length - 1, (at, size) => best.operations.toSpliced(at, size), 1)
  return best

  async function halve(length, spliced, from = Math.ceil(length() / 2)) {
    for (let size = from; size >= 1 && Date.now() < until; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = length() - size; at >= 0; at -= size) await holds(spliced(at, size))
    }
  }
}

async function replay(admin, name, operations) {
  const world = await World.create(admin, name)
  try {
    for (const [i, operation] of operations.entries()) {
      await world.run(i < operations.length - 1 && operation.op === 'check' ? { ...operation, quiet: true } : operation)
    }
    if (operations.at(-1)?.op !== 'check') await world.verify()
    return null
  } catch (error) {
    return error instanceof Violation ? error : null
  } finally {
    await world.close()
  }
}
