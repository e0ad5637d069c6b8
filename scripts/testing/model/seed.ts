/** A number that decides what a run tries: MODEL_SEED, or by chance. Says how to try the same again. */
export function seedOfRun(): number {
  const seed = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 30));
  console.log(`To repeat this run: MODEL_SEED=${seed} npm run --silent vitest -- run --project stores model`);
  return seed;
}
