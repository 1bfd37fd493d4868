// Prints how many milliseconds it takes to import autograd and to multiply two matrices.
const start = performance.now();
const { randn } = await import("@lectern/autograd");
const product = randn([64, 64]).matmul(randn([64, 64]));
await product.data();
console.log(performance.now() - start);
process.exit(0);
