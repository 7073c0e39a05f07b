const PACKAGES = { vector: '@electric-sql/pglite-pgvector' }

/**
 * PGlite's extensions. Of those that the schema requires, some may not be found: whoever needs them says so.
 * @param {string[]} required  as Postgres calls them
 * @param {string[]} given  the same, or `name=module`
 */
export async function loadExtensions(required, given) {
  const loaded = {}
  for (const name of required) Object.assign(loaded, await load(name))
  for (const extension of given) {
    const [name, module] = extension.split('=')
    const found = await load(name, module)
    if (!found) throw new Error(`PGlite has no extension ${name}${module ? ` in ${module}` : ''}`)
    Object.assign(loaded, found)
  }
  return loaded
}

async function load(name, module = PACKAGES[name] ?? `@electric-sql/pglite/contrib/${identifier(name)}`) {
  try {
    const extension = (await import(module))[identifier(name)]
    return extension ? { [identifier(name)]: extension } : null
  } catch (error) {
    if (['ERR_MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'].includes(error.code)) return null
    throw error
  }
}

const identifier = (name) => name.replaceAll('-', '_')
