// Clusters of two versions, one after the other.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect } from '../../e2e/lib/cluster.js'

const exec = promisify(execFile)
const user = process.env.SERVER_USER
const root = userInfo().uid === 0

/** Runs a program as the user that servers run as, in that folder. */
export async function run(folder, program, ...args) {
  const command = ['sh', '-c', 'cd "$0" && exec "$@"', folder, program, ...args]
  try {
    return await exec(root ? 'runuser' : 'sh', root ? ['-u', user, '--', ...command] : command.slice(1), {
      maxBuffer: 1 << 28,
      env: { ...process.env, LC_ALL: 'C.UTF-8', PGOPTIONS: '-c client_min_messages=warning' },
    })
  } catch (error) {
    error.stderr = `${program} ${args.join(' ')}\n${error.stderr}\n${error.stdout}`
    throw error
  }
}

export class Cluster {
  constructor(name, bin, work) {
    Object.assign(this, { name, bin, work, data: join(work, name), port: 54330 })
    // A socket's path may have 107 characters only.
    this.socket = null
  }

  async init(...options) {
    await run(this.work, join(this.bin, 'initdb'), '-D', this.data, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--auth=trust', '--no-sync', ...options)
  }

  async start() {
    this.socket = (await run('/tmp', 'mktemp', '-d', '/tmp/electric_schema.XXXXXX')).stdout.trim()
    await run(this.work, 'chmod', '755', this.socket)
    // The log goes to a file: with a pipe, pg_ctl would never seem to end.
    const options = `-p ${this.port} -k ${this.socket} -c listen_addresses= -c fsync=off`
    await run(this.work, join(this.bin, 'pg_ctl'), 'start', '-s', '-w', '-D', this.data, '-l', join(this.work, `${this.name}.log`), '-o', options)
  }

  async stop() {
    if (!this.socket) return
    await run(this.work, join(this.bin, 'pg_ctl'), 'stop', '-s', '-m', 'fast', '-D', this.data)
    rmSync(this.socket, { recursive: true, force: true })
    this.socket = null
  }

  connect(database) {
    return connect(database, { host: this.socket, port: this.port, user: 'postgres' })
  }

  async recreate(database) {
    const admin = await this.connect('postgres')
    await admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
    await admin.query(`CREATE DATABASE "${database}" TEMPLATE template0`)
    await admin.end()
    return this.connect(database)
  }

  /** A client program of `bin`, for this cluster. */
  tool(bin, program, ...args) {
    return run(this.work, join(bin, program), '-h', this.socket, '-p', String(this.port), '-U', 'postgres', ...args)
  }

  drop() {
    rmSync(this.data, { recursive: true, force: true })
  }
}
