export { completeRefetch, sync } from './sync.js'
export { outstanding, position } from './store.js'
export { changesDigest, entryHash, genesisHash, privateDigest, schemaHash } from './hash.js'
export { ElectricSchemaError } from './error.js'
