// What the cpu device calls besides the kernels. Every exported function that begins with `begin: i32, end: i32` is a kernel,
// which threads can share out, and needs no line here: it does the units begin … end - 1 (elements, rows, tiles: its comment
// says which). Addresses and steps are in bytes.

export { clearRows, divideRows, gradRows, keysSeen, weighRows } from "./attentionRows";
export { firstOutside } from "./indexing";
export { scratchAddress, scratchSize, setScratch } from "./matmul";

/** First address behind the module's own constants. */
export function heapBase(): usize {
  return __heap_base;
}
