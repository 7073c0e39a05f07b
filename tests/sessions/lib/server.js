import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../../e2e/lib/cluster.js'
import { sleep } from './report.js'

// Servers do not run as root: this one runs as the one that is there runs.
const { uid, gid } = statSync(process.env.SERVER_LOG)
const PORT = 54329

/** A server of the test's own, that it may kill; everything goes with the test. */
export class Server {
  static async initdb(options) {
    const server = new Server(options)
    server.run('initdb', ['-D', server.data, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--auth=trust', '--no-sync'])
    await server.start()
    return server
  }

  /** A standby of the server that the tests run against. */
  static async standby(options) {
    const server = new Server(options)
    server.run('pg_basebackup', ['-D', server.data, '-X', 'stream', '-c', 'fast', '-R', '--no-sync'])
    await server.start()
    return server
  }

  constructor(options = []) {
    this.folder = mkdtempSync(join(tmpdir(), 'electric_schema.'))
    chmodSync(this.folder, 0o700)
    chownSync(this.folder, uid, gid)
    this.data = join(this.folder, 'data')
    this.options = options
    process.on('exit', () => this.remove())
    for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]]) process.on(signal, () => process.exit(status))
  }

  run(command, args) {
    try {
      return execFileSync(command, args, { cwd: '/', uid, gid, stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 })
    } catch (cause) {
      throw new Error(`${command}: ${cause.stderr || cause.message}${this.log.slice(-2000)}`, { cause })
    }
  }

  async start() {
    const options = ['max_connections=100', 'max_prepared_transactions=20', 'wal_level=logical', ...this.options].map((option) => `-c ${option}`)
    this.run('pg_ctl', ['start', '-s', '-w', '-t', '60', '-D', this.data, '-l', join(this.folder, 'log'),
      '-o', `-p ${PORT} -k ${this.folder} -c listen_addresses= ${options.join(' ')}`])
  }

  /** A connection that may break: the query that it breaks says so. */
  async connect(database = 'postgres', user = 'postgres') {
    const db = await connect(database, { host: this.folder, port: PORT, user })
    db.on('error', () => {})
    return db
  }

  /** Connects as soon as it can be. */
  async reach(database) {
    for (const until = Date.now() + 60_000; ; ) {
      try {
        return await this.connect(database)
      } catch (error) {
        if (Date.now() > until) throw error
        await sleep(50)
      }
    }
  }

  get postmaster() {
    return Number(readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n')[0])
  }

  get children() {
    const { postmaster } = this
    return ps().filter(({ parent }) => parent === postmaster).map(({ pid }) => pid)
  }

  /** Kills one of its processes, and none of another's, whatever became of the number. Whether it was there. */
  killChild(pid) {
    return this.children.includes(pid) && kill(pid)
  }

  /**
   * Kills the postmaster, and the others with it; or leaves them to notice by themselves: until then they go on.
   * @returns how many others had to be killed
   */
  async crash(atOnce) {
    const { postmaster, children } = this
    kill(postmaster)
    let killed = atOnce ? children.filter(kill).length : 0
    const alive = () => ps().filter(({ pid, state, command }) => children.includes(pid) && !state.startsWith('Z') && command === 'postgres')
    // A server that starts while one of them lives could not share memory with it: it refuses.
    for (const until = Date.now() + 10_000; alive().length > 0; await sleep(20)) {
      if (Date.now() > until) killed += alive().filter(({ pid }) => kill(pid)).length
    }
    // One that its parent has not buried yet looks alive to the next postmaster.
    for (const until = Date.now() + 5_000; ps().some(({ pid }) => pid === postmaster); await sleep(20)) {
      if (Date.now() < until) continue
      rmSync(join(this.data, 'postmaster.pid'), { force: true })
      break
    }
    return killed
  }

  get log() {
    const file = join(this.folder, 'log')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  remove() {
    try {
      this.run('pg_ctl', ['stop', '-s', '-m', 'immediate', '-t', '20', '-D', this.data])
    } catch {
      // It was not running.
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function ps() {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,comm='], { encoding: 'utf8' }).trim().split('\n').map((line) => {
    const [pid, parent, state, command] = line.trim().split(/\s+/)
    return { pid: Number(pid), parent: Number(parent), state, command }
  })
}

function kill(pid) {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
