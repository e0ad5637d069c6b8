/** The seed of this run: MODEL_SEED, or a random number. Prints how to repeat the run. */
export function seedOfRun(): number {
  const seed = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 30));
  console.log(`To repeat this run: MODEL_SEED=${seed} npm run --silent vitest -- run --project stores model`);
  return seed;
}
