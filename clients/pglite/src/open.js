import { ElectricSchemaError } from './error.js'
import { openDatabase } from './launch.js'
import { allowWrites as liftGuard, seedState } from './seed.js'
import { position } from './store.js'
import { sync } from './sync.js'

const FIRST_RETRY = 1_000
const LONGEST_RETRY = 60_000

/**
 * Opens the database and brings its schema to the server's head. When there is no database yet, it begins as the seed;
 * when the server cannot be reached, the database is given back as it is and retried in the background.
 * @param {import('../index.d.ts').OpenOptions} options
 * @returns {Promise<import('../index.d.ts').Opened>}
 */
export async function open({
  create,
  dataDir,
  exists,
  seed,
  fetchPlan,
  refetch,
  timeout = 10_000,
  allowWrites = false,
  onStatus,
  timers = globalThis,
}) {
  const db = await openDatabase({ create, dataDir, exists, seed })
  const follower = follow(db, { fetchPlan: withTimeout(fetchPlan, timeout, timers), refetch, onStatus, timers })
  try {
    if (allowWrites && (await seedState(db))?.refusesWrites) await liftGuard(db)
    const { error, ...first } = await follower.sync().then(
      (report) => ({ report, error: null }),
      (error) => ({ report: null, error }),
    )
    // Without a schema there is nothing that the application could do.
    if (error && (await position(db).catch(() => undefined)) === null) throw error
    const readOnly = (await seedState(db))?.refusesWrites ?? false
    return { db, online: error === null, readOnly, ...first, error, sync: follower.sync, stop: follower.stop }
  } catch (error) {
    await follower.stop()
    await db.close?.()
    throw error
  }
}

/** Syncs when asked to, and after a failure again and again until it succeeds. */
function follow(db, { fetchPlan, refetch, onStatus, timers }) {
  let delay = FIRST_RETRY
  let timer
  let running = null
  let report = null
  const stopping = new AbortController()

  async function syncNow({ bootstrap = false } = {}) {
    // One that is under way was not asked to bootstrap.
    while (bootstrap && running) await running.catch(() => {})
    timers.clearTimeout(timer)
    running ??= attempt(bootstrap).finally(() => (running = null))
    return running
  }

  async function attempt(bootstrap) {
    const error = await sync(db, { fetchPlan: (at) => fetchPlan(at, stopping.signal), refetch, bootstrap }).then(
      (latest) => {
        report = latest
        return null
      },
      (error) => error,
    )
    const retryIn = error && !stopping.signal.aborted && !db.closed ? retryLater() : null
    if (!error) delay = FIRST_RETRY
    if (!db.closed) {
      const state = await seedState(db)
      onStatus?.({ connected: !error, readOnly: state?.refusesWrites ?? false, report, error, retryIn })
    }
    if (error) throw error
    return report
  }

  function retryLater() {
    const retryIn = delay
    delay = Math.min(2 * delay, LONGEST_RETRY)
    // What it rejects with, onStatus has been told.
    timer = timers.setTimeout(() => syncNow().catch(() => {}), retryIn)
    // A process that has nothing else to do may end.
    timer?.unref?.()
    return retryIn
  }

  async function stop() {
    stopping.abort(new Error('The client was stopped.'))
    timers.clearTimeout(timer)
    await running?.catch(() => {})
  }

  return { sync: syncNow, stop }
}

/** Asks the server, but does not wait for ever; a plan that comes too late is not applied. */
function withTimeout(fetchPlan, timeout, timers) {
  return async (at, stopped) => {
    const controller = new AbortController()
    const abort = (reason) => controller.abort(reason)
    const onStop = () => abort(stopped.reason)
    const timer = Number.isFinite(timeout)
      ? timers.setTimeout(() => abort(new Error(`There was no answer within ${timeout} ms.`)), timeout)
      : undefined
    stopped.addEventListener('abort', onStop)
    try {
      stopped.throwIfAborted()
      return await Promise.race([fetchPlan(at, { signal: controller.signal }), aborted(controller.signal)])
    } catch (cause) {
      throw new ElectricSchemaError('unreachable', `The server could not be asked: ${cause?.message ?? cause}`, { cause })
    } finally {
      timers.clearTimeout(timer)
      stopped.removeEventListener('abort', onStop)
    }
  }
}

function aborted(signal) {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}
