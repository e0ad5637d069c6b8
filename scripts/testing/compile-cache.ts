/**
 * Vitest switches the compile cache off in its own processes while it measures coverage, because the figures would be less exact. The
 * services and commands that tests start may use it all the same.
 */
delete process.env.NODE_DISABLE_COMPILE_CACHE;
