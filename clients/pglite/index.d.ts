export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json }

/** What the library needs of a PGlite, a PGliteWorker or a transaction to read. */
export interface Queryable {
  query<T>(query: string, params?: any[]): Promise<{ rows: T[] }>
  exec(query: string): Promise<unknown>
}

/** What the library needs of a PGlite or a PGliteWorker. */
export interface PGliteLike extends Queryable {
  transaction<T>(callback: (tx: Queryable) => Promise<T>): Promise<T>
}

/** A place in the server's ledger. */
export interface Position {
  hash: string
  seq: number
}

export interface Table {
  schema: string
  table: string
}

export interface Requirements {
  extensions: string[]
  collations: string[]
  server_version: number
}

/** What an entry's hash covers. */
export interface EntryFields {
  seq: number | bigint
  parent_hash: string
  class: 'additive' | 'destructive'
  reset_version: number | bigint
  schema_hash: string
  statements: string[]
  changes_digest: string
  private_digest: string
}

export interface RecordedTransaction extends EntryFields {
  seq: number
  reset_version: number
  squashed?: false
  hash: string
  record: string
}

export interface SquashedTransaction {
  squashed: true
  seq?: undefined
  statements: string[]
  /** On the last transaction of a plan only. */
  record?: string | null
}

/** What the server's `electric_schema.handshake` answers. */
export interface Plan {
  protocol: 1
  action: 'ready' | 'migrate' | 'reset' | 'bootstrap'
  head: Position & { reset_version: number }
  requires: Requirements
  transactions: (RecordedTransaction | SquashedTransaction)[]
  refetch: Table[]
  fetch: Table[]
  after_refetch: string[]
  lost: unknown[]
  reason?: string | null
}

/** The private part of an entry. Large integers may be decimal texts. */
export interface PrivatePart {
  /** 32 bytes in hexadecimal */
  salt: string
  source: string[]
  recorded_by: string
  /** microseconds since 2000-01-01 00:00:00 UTC */
  recorded_at: number | bigint | string
  application_name: string
  xid: number | bigint | string
  lsn: number | bigint | string
  label: string | null
}

/** What a reset has left to do. */
export interface Outstanding {
  tables: Table[]
  statements: string[]
}

export interface SyncOptions {
  /**
   * Asks the server, `SELECT electric_schema.handshake(hash, seq)`, and gives its parsed answer. Both are null for a client
   * that has no schema yet. What it throws, sync throws.
   */
  fetchPlan(position: Position | { hash: null; seq: null }): Promise<unknown>
  /**
   * Downloads the rows of these tables. A reset has emptied them; they can hold rows only when an earlier download was
   * interrupted, so a repeated call must not fail on rows that are there.
   */
  refetch?(tables: Table[]): Promise<unknown>
  /** Build the whole schema anew, whatever this client has. Its rows are lost. */
  bootstrap?: boolean
}

export interface SyncReport {
  action: Plan['action']
  from: Position | null
  to: Position
  transactions: { seq: number; statements: string[] }[]
  /** The tables that a reset emptied, and those that are new with it and have rows on the server: downloaded already when a `refetch` callback was given. */
  refetch: Table[]
  /** Tables that are new to this client and have rows on the server. */
  fetch: Table[]
  /** What the client lost, as the server describes it. */
  lost: unknown[]
  /** How many statements still wait for the rows of refetched tables. */
  pending: number
  /** False as long as a reset is unfinished. */
  complete: boolean
}

export interface CheckOptions {
  /** Asks the server, `SELECT electric_schema.snapshot(hash)`, and gives its parsed answer. What it throws, check throws. */
  fetchSnapshot(position: { hash: string }): Promise<unknown>
}

/** One object that is not as it must be. */
export interface Difference {
  /** What it is, and its name as SQL: `index public.tasks.tasks_due_idx`. */
  object: string
  /** What the server says it must be; not given for what it does not know. */
  expected?: string
  /** What it is; not given for what is missing. */
  actual?: string
}

export interface CheckReport {
  /** Where this client is. */
  at: Position
  /** Whether nothing is extra, missing or different. */
  ok: boolean
  /** What the server does not know, in schemas that it distributes. */
  extra: Difference[]
  missing: Difference[]
  different: Difference[]
  /** What gets the schema right again; null when it is. */
  remedy: {
    /** `sync(db, { …, bootstrap: true })` is needed. Local rows that are not synced are lost then. */
    bootstrap: boolean
    /** Objects of your own that a bootstrap leaves alone, or stumbles over: move them to a schema of your own, or drop them. */
    own: string[]
  } | null
  /** Statements of an unfinished reset. What they create is not missing: see `completeRefetch`. */
  pending: string[]
}

export type ErrorCode =
  | 'aborted'
  | 'apply_failed'
  | 'broken_chain'
  | 'broken_position'
  | 'check_failed'
  | 'concurrent_change'
  | 'malformed_plan'
  | 'missing_collation'
  | 'missing_extension'
  | 'no_position'
  | 'other_snapshot'
  | 'protocol'
  | 'refetch_failed'
  | 'refetch_pending'
  | 'seed_failed'
  | 'unreachable'

/** Everything that this library refuses, or fails at. */
export class ElectricSchemaError extends Error {
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; details?: Record<string, unknown> })
  readonly code: ErrorCode
  readonly details: Record<string, unknown>
}

export interface OpenOptions<Database extends PGliteLike = PGliteLike> {
  /** Opens the database with these options, to which it may add: `(options) => PGlite.create({ ...options, extensions })`. */
  create(options: { dataDir?: string; loadDataDir?: Blob }): Promise<Database>
  /** Where the database is, as PGlite wants it: `idb://app`, a folder; in memory when it is not given. */
  dataDir?: string
  /**
   * The seed database, asked for when there is no database yet: what `electric-schema seed` wrote, gzipped or not, or the
   * Response of a `fetch`. Null: begin without.
   */
  seed?(): Promise<Blob | BufferSource | Response | null | undefined>
  /** Whether there is a database. Needed with a seed where `dataDir` is neither `idb://`, a folder nor in memory. */
  exists?(): boolean | Promise<boolean>
  /** As in `SyncOptions`. The signal is aborted when `timeout` has passed, or `stop` was called. */
  fetchPlan(position: Position | { hash: null; seq: null }, request: { signal: AbortSignal }): Promise<unknown>
  /** As in `SyncOptions`. */
  refetch?(tables: Table[]): Promise<unknown>
  /** How many milliseconds `fetchPlan` may take: 10,000 unless said otherwise. What follows takes as long as it takes. */
  timeout?: number
  /** Allow writes to a seed that has not met its server yet. */
  allowWrites?: boolean
  /** Called after every attempt to sync, the first one included. */
  onStatus?(status: Status): void
  /** Instead of the global ones. */
  timers?: { setTimeout(callback: () => void, ms: number): any; clearTimeout(timer: any): void }
}

export interface Status {
  /** Whether the last attempt succeeded. */
  connected: boolean
  /** Whether the database refuses writes: a seed that has not met its server. */
  readOnly: boolean
  /** Of the last attempt that succeeded. */
  report: SyncReport | null
  /** Why the last attempt failed. */
  error: unknown
  /** In how many milliseconds the next attempt begins by itself; null when none will. */
  retryIn: number | null
}

export interface Opened<Database extends PGliteLike = PGliteLike> {
  db: Database
  /** Whether the first sync succeeded. Otherwise it is tried again in the background, and `onStatus` is told. */
  online: boolean
  /** Whether the database refuses writes for now: a seed that has not met its server. */
  readOnly: boolean
  /** What the first sync did; null when it failed. */
  report: SyncReport | null
  /** Why the first sync failed. */
  error: unknown
  /** Syncs now instead of waiting for the next attempt, or waits for the one that is running. */
  sync(options?: { bootstrap?: boolean }): Promise<SyncReport>
  /** Ends the attempts; resolves when none is running. Call it before closing the database. */
  stop(): Promise<void>
}

/**
 * Opens a database, from a seed if there is none yet, and brings its schema to the server's head. Offline it gives the
 * database back as it is and goes on trying. Rejects when there is no schema at all.
 */
export function open<Database extends PGliteLike>(options: OpenOptions<Database>): Promise<Opened<Database>>

/** Brings the schema of a PGlite database to the server's head. */
export function sync(db: PGliteLike, options: SyncOptions): Promise<SyncReport>

/** Finishes a reset, once the application has downloaded the rows of the tables that the reset named. */
export function completeRefetch(db: PGliteLike): Promise<{ statements: number }>

/**
 * Compares the real schema with what the server says it must be, in a transaction that is always rolled back. Local tables in other
 * schemas than those that the server distributes are nobody's business.
 */
export function check(db: PGliteLike, options: CheckOptions): Promise<CheckReport>

/** Where this client is in the server's ledger; null when it has not been bootstrapped yet. */
export function position(db: Queryable): Promise<Position | null>

/** What a reset has left to do: empty lists when there is none. */
export function outstanding(db: Queryable): Promise<Outstanding>

/** The parent of a ledger's first entry. */
export function genesisHash(ledgerId: string): Promise<string>

/** The digest of an entry's typed changes. */
export function changesDigest(changes: Json): Promise<string>

/** The digest of an entry's private part. */
export function privateDigest(part: PrivatePart): Promise<string>

/** The hash of an entry, recomputed from what it covers. */
export function entryHash(entry: EntryFields): Promise<string>

/** The hash of a schema, the same in whatever order its definitions come. */
export function schemaHash(definitions: Json[]): Promise<string>
