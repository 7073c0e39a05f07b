import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, before, beforeEach, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import 'fake-indexeddb/auto'
import { PGlite } from '@electric-sql/pglite'
import { buildSeed } from '../cli/build.js'
import { ElectricSchemaError, open, position, schemaHash, sync } from '../src/index.js'
import { archive, members } from '../src/tar.js'
import { bootstrap, chain, createDatabase, genesis, migrate, plan, reset } from './server.js'

const CREATE_TASKS = 'CREATE TABLE public.tasks (id bigint PRIMARY KEY, title text)'

let head
let snapshot
let tar
/** What the server answers: a plan, or an error. */
let answer
let asked
let statuses
let opened
let folder
/** Who waits for the next status. */
let told

before(async () => {
  ;[head] = await chain(await genesis(), [CREATE_TASKS])
  snapshot = bootstrap(head, [CREATE_TASKS], { schema_hash: await schemaHash([[CREATE_TASKS]]) })
  ;({ tar } = await buildSeed(snapshot))
})

beforeEach(() => {
  answer = new TypeError('fetch failed')
  asked = []
  statuses = []
  opened = []
  told = undefined
  folder = mkdtempSync(join(tmpdir(), 'open-'))
})

afterEach(async () => {
  for (const { db, stop } of opened) {
    await stop()
    if (!db.closed) await db.close()
  }
  rmSync(folder, { recursive: true })
})

/** Time that passes when a test says so. */
function clock() {
  const due = new Map()
  let last = 0
  return {
    setTimeout(callback, ms) {
      due.set(++last, { callback, ms })
      return last
    },
    clearTimeout: (timer) => due.delete(timer),
    waits: () => [...due.values()].map(({ ms }) => ms),
    ring() {
      const [[timer, { callback }]] = due
      due.delete(timer)
      callback()
    },
  }
}

async function start(options = {}) {
  const result = await open({
    create: (options) => PGlite.create(options),
    seed: async () => new Blob([tar]),
    timers: clock(),
    onStatus(status) {
      statuses.push(status)
      told?.(status)
    },
    async fetchPlan(at, { signal }) {
      assert.ok(signal instanceof AbortSignal)
      asked.push(at)
      if (answer instanceof Error) throw answer
      return answer
    },
    ...options,
  })
  opened.push(result)
  return result
}

/** Lets the next retry begin, and gives what `onStatus` is told at its end. */
async function retry(timers) {
  const status = new Promise((resolve) => (told = resolve))
  timers.ring()
  return status
}

async function refused(promise, code) {
  let error
  await assert.rejects(promise, (e) => {
    error = e
    return true
  })
  assert.ok(error instanceof ElectricSchemaError, String(error?.stack))
  assert.equal(error.code, code, error.message)
  return error
}

const write = (db) => db.exec(`INSERT INTO public.tasks VALUES (1, 'x') ON CONFLICT DO NOTHING`)
const unseeded = { seed: undefined }
const noSeed = () => assert.fail('The seed was asked for.')
const emptyDatabase = () => createDatabase()

describe('without a database', () => {
  test('and without a server, the seed is there to be read', async () => {
    const { db, online, readOnly, report, error } = await start()
    assert.deepEqual({ online, readOnly, report }, { online: false, readOnly: true, report: null })
    assert.equal(error.code, 'unreachable')
    assert.equal(error.cause, answer)
    assert.deepEqual(asked, [{ seq: 1, hash: head.hash }])
    assert.deepEqual(await position(db), { seq: 1, hash: head.hash })
    assert.deepEqual((await db.query('SELECT * FROM public.tasks')).rows, [])
    await assert.rejects(write(db), { code: '25006' })
    assert.deepEqual(statuses, [{ connected: false, readOnly: true, report: null, error, retryIn: 1000 }])
  })

  test('and with a server, the seed is synced and takes writes', async () => {
    const [next] = await chain(head, ['ALTER TABLE public.tasks ADD COLUMN due date'])
    answer = migrate([next])
    const timers = clock()
    const { db, online, readOnly, report, error } = await start({ timers })
    assert.deepEqual({ online, readOnly, error }, { online: true, readOnly: false, error: null })
    assert.deepEqual(report.to, { seq: 2, hash: next.hash })
    await write(db)
    assert.deepEqual(statuses, [{ connected: true, readOnly: false, report, error: null, retryIn: null }])
    assert.deepEqual(timers.waits(), [])
  })

  test('the seed takes writes at once if it is told to', async () => {
    const { db, readOnly } = await start({ allowWrites: true })
    assert.equal(readOnly, false)
    await write(db)
    assert.equal(statuses[0].readOnly, false)
  })

  test('the seed may come as a Response, gzipped or not, and as bytes', async () => {
    const gzip = gzipSync(tar, { level: 1 })
    const type = { headers: { 'content-type': 'application/gzip' } }
    for (const given of [gzip, new Blob([gzip]), new Response(gzip, type), new Response(tar, type), tar.buffer]) {
      const { db } = await start({ seed: async () => given })
      assert.deepEqual(await position(db), { seq: 1, hash: head.hash })
      await db.close()
    }
  })

  test('a seed that cannot be used is refused before anything is written', async () => {
    const truncated = gzipSync(tar, { level: 1 }).subarray(0, 500_000)
    const lookalike = new Response('<!doctype html><title>Not found</title>')
    const missing = new Response('', { status: 404 })
    // Another dump than ours may have the file early that says it is one.
    const other = archive(members(tar).reverse()).subarray(0, 1_000_000)
    for (const given of [truncated, tar.subarray(0, 1_000_000), other, lookalike, missing, new Uint8Array(0), new Uint8Array(4096)]) {
      await refused(start({ dataDir: folder, seed: async () => given }), 'seed_failed')
    }
    const offline = new Error('offline')
    const error = await refused(start({ dataDir: folder, seed: () => Promise.reject(offline) }), 'seed_failed')
    assert.equal(error.cause, offline)
    const { readOnly } = await start({ dataDir: folder })
    assert.equal(readOnly, true)
  })

  test('it begins empty when there is no seed after all, and needs the server then', async () => {
    let db
    const create = async () => (db = await emptyDatabase())
    const error = await refused(start({ create, seed: async () => null }), 'unreachable')
    assert.equal(error.cause, answer)
    assert.equal(db.closed, true)

    answer = snapshot
    const timers = clock()
    const { online, report } = await start({ create, seed: async () => null, timers })
    assert.deepEqual([online, report.action], [true, 'bootstrap'])
    assert.deepEqual(timers.waits(), [])
  })

  test('what the server refuses is thrown when there is no schema', async () => {
    answer = { protocol: 2 }
    await refused(start({ create: emptyDatabase, ...unseeded }), 'protocol')
  })
})

describe('with a database', () => {
  for (const kind of ['a folder', 'file://', 'idb://']) {
    test(`in ${kind}, the seed is not asked for`, async () => {
      const dataDir = { 'a folder': folder, 'file://': `file://${folder}`, 'idb://': 'idb://there' }[kind]
      const first = await start({ dataDir })
      assert.equal(first.readOnly, true)
      await first.stop()
      await first.db.close()

      let times = 0
      const create = (options) => {
        assert.deepEqual(options, { dataDir })
        times++
        return PGlite.create(options)
      }
      const second = await start({ dataDir, create, seed: noSeed })
      assert.equal(times, 1)
      assert.equal(second.readOnly, true)
      await assert.rejects(write(second.db), { code: '25006' })
    })
  }

  test('that has not been filled, the seed is used', async () => {
    // What a first launch that did not get far leaves behind.
    const request = indexedDB.open('/pglite/half', 21)
    await new Promise((resolve) => {
      request.onupgradeneeded = () => request.result.createObjectStore('FILE_DATA').createIndex('timestamp', 'timestamp')
      request.onsuccess = resolve
    })
    request.result.close()
    const { db } = await start({ dataDir: 'idb://half' })
    assert.deepEqual(await position(db), { seq: 1, hash: head.hash })
  })

  test('that was not found, it is not overwritten', async () => {
    const first = await start({ dataDir: folder, allowWrites: true })
    await write(first.db)
    await first.stop()
    await first.db.close()
    const { db } = await start({ dataDir: folder, exists: () => false })
    assert.deepEqual((await db.query('SELECT title FROM public.tasks')).rows, [{ title: 'x' }])
  })

  test('in a place where it cannot be looked for, "exists" is wanted', async () => {
    await assert.rejects(start({ dataDir: 'opfs-ahp://app' }), /needs the option "exists"/)
    const create = async ({ dataDir }) => {
      assert.equal(dataDir, 'opfs-ahp://app')
      return PGlite.create({ loadDataDir: new Blob([tar]) })
    }
    await start({ dataDir: 'opfs-ahp://app', create, exists: async () => true, seed: noSeed })
  })

  test('that has synced before, writes go on without a server', async () => {
    const create = async () => {
      const db = await emptyDatabase()
      await sync(db, { fetchPlan: async () => snapshot })
      return db
    }
    const { db, online, readOnly } = await start({ create, ...unseeded })
    assert.deepEqual({ online, readOnly }, { online: false, readOnly: false })
    await write(db)
  })
})

describe('without a server', () => {
  test('it tries again after 1 to 60 seconds, until it succeeds', async () => {
    const timers = clock()
    const { db } = await start({ timers })
    const waits = []
    for (let i = 0; i < 8; i++) {
      waits.push(...timers.waits())
      assert.deepEqual([statuses.at(-1).retryIn], timers.waits())
      await retry(timers)
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60].map((s) => s * 1000))
    assert.equal(asked.length, 9)
    await assert.rejects(write(db), { code: '25006' })

    answer = plan('ready', head)
    const { connected, readOnly, report, error, retryIn } = await retry(timers)
    assert.deepEqual({ connected, readOnly, error, retryIn }, { connected: true, readOnly: false, error: null, retryIn: null })
    assert.equal(report.action, 'ready')
    assert.deepEqual(timers.waits(), [])
    await write(db)
  })

  test('its timers do not keep a process from ending', async () => {
    const timers = clock()
    const unreferenced = []
    const setTimeout = (callback, ms) => ({ id: timers.setTimeout(callback, ms), unref: () => unreferenced.push(ms) })
    await start({ timers: { setTimeout, clearTimeout: (timer) => timers.clearTimeout(timer?.id) } })
    assert.deepEqual(unreferenced, [1000])
    assert.deepEqual(timers.waits(), [1000])
  })

  test('a server that does not answer counts as unreachable, and a late answer is not applied', async () => {
    const timers = clock()
    let late
    let aborted
    const fetchPlan = (at, { signal }) => {
      signal.addEventListener('abort', () => (aborted = signal.reason))
      return new Promise((resolve) => {
        late = resolve
        queueMicrotask(() => {
          assert.deepEqual(timers.waits(), [10_000])
          timers.ring()
        })
      })
    }
    const { db, online, error } = await start({ timers, fetchPlan })
    assert.equal(online, false)
    assert.equal(error.code, 'unreachable')
    assert.equal(error.cause, aborted)
    assert.match(error.message, /no answer within 10000 ms/)

    const [next] = await chain(head, ['ALTER TABLE public.tasks ADD COLUMN due date'])
    late(migrate([next]))
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(await position(db), { seq: 1, hash: head.hash })
  })

  test('sync does not wait for the next attempt', async () => {
    const timers = clock()
    const { sync } = await start({ timers })
    const failure = await refused(sync(), 'unreachable')
    assert.equal(statuses.at(-1).error, failure)
    assert.deepEqual(timers.waits(), [2000])
    answer = plan('ready', head)
    const [one, other] = await Promise.all([sync(), sync()])
    assert.equal(one.action, 'ready')
    assert.equal(other, one)
    assert.equal(asked.length, 3)
    assert.deepEqual(timers.waits(), [])
  })

  test('stop ends the attempts, also the one that is under way', async () => {
    const timers = clock()
    let hang = false
    const fetchPlan = async () => {
      asked.push(null)
      if (hang) await new Promise(() => {})
      throw answer
    }
    const { stop, sync } = await start({ timers, fetchPlan })
    hang = true
    const status = new Promise((resolve) => (told = resolve))
    timers.ring()
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(asked.length, 2)
    await stop()
    assert.equal((await status).retryIn, null)
    assert.deepEqual(timers.waits(), [])
    await refused(sync(), 'unreachable')
    assert.equal(asked.length, 2)
    assert.deepEqual(timers.waits(), [])
  })

  test('a database that was closed is not tried again', async () => {
    const timers = clock()
    const { db, sync } = await start({ timers })
    await db.close()
    await assert.rejects(sync(), /closed/)
    assert.deepEqual(timers.waits(), [])
    assert.equal(statuses.length, 1)
  })
})

describe('with a server that fails later', () => {
  test('a download that breaks off is tried again, on a database that takes writes', async () => {
    const [next] = await chain(head, ['DROP TABLE public.tasks'])
    answer = reset(head, next, {
      statements: ['DROP TABLE public.tasks', CREATE_TASKS],
      refetch: [{ schema: 'public', table: 'tasks' }],
      afterRefetch: ['ALTER TABLE public.tasks ADD CHECK (id > 0)'],
    })
    const timers = clock()
    let broken = true
    const refetch = async () => {
      await write(opened[0]?.db ?? created)
      if (broken) throw new Error('connection reset')
    }
    let created
    const create = async (options) => (created = await PGlite.create(options))
    const { db, online, readOnly, error } = await start({ create, timers, refetch })
    assert.deepEqual({ online, readOnly }, { online: false, readOnly: false })
    assert.equal(error.code, 'refetch_failed')
    assert.deepEqual(await position(db), { seq: 2, hash: next.hash })

    broken = false
    answer = plan('ready', next)
    const { connected, report } = await retry(timers)
    assert.deepEqual([connected, report.complete], [true, true])
    await assert.rejects(db.exec(`INSERT INTO public.tasks VALUES (-1)`), { code: '23514' })
  })

  test('a sync that fails is tried again from the shortest wait on', async () => {
    answer = plan('ready', head)
    const timers = clock()
    const { db, sync, report } = await start({ timers })
    answer = new Error('gone')
    await refused(sync(), 'unreachable')
    const { connected, readOnly, retryIn, report: latest } = statuses.at(-1)
    assert.deepEqual({ connected, readOnly, retryIn }, { connected: false, readOnly: false, retryIn: 1000 })
    assert.equal(latest, report)
    await write(db)
    answer = plan('ready', head)
    assert.equal((await retry(timers)).connected, true)
  })

  test('one that does not know this client leaves it as it is, until it is told to bootstrap', async () => {
    answer = plan('ready', head)
    const [other] = await chain(await genesis(), ['CREATE TABLE public.other ()'])
    const anew = bootstrap(other, ['DROP TABLE public.tasks', 'CREATE TABLE public.other ()'])
    const fetchPlan = async (at) => {
      asked.push(at.hash)
      return at.hash === null ? anew : answer
    }
    const { db, sync } = await start({ fetchPlan })
    answer = { protocol: 1, action: 'abort', reason: 'client_ahead' }
    await refused(sync(), 'aborted')
    assert.equal(statuses.at(-1).retryIn, 1000)
    await write(db)

    // Not served by one that is under way and was not asked to.
    const [plain, told] = await Promise.allSettled([sync(), sync({ bootstrap: true })])
    assert.equal(plain.reason?.code, 'aborted')
    assert.equal(told.value?.action, 'bootstrap')
    assert.deepEqual(asked, [head.hash, head.hash, head.hash, null])
  })
})
