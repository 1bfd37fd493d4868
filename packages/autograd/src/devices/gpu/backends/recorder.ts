/** GPUBufferUsage and GPUMapMode, as the specification numbers them; in Node there are no such globals by themselves. */
export const USAGE = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, uniform: 0x40, storage: 0x80 };
export const MAP_MODE_READ = 0x1;

/** Room for the numbers of so many kernel runs, each beginning at a multiple of what WebGPU asks for. */
const RUNS = 128;
const ALIGNMENT = 256;
const SLOT = 2 * ALIGNMENT;

/** Bytes that a run's numbers may take. */
export const MAX_BYTES = SLOT;

/** The numbers of one kernel run, to be filled in: whole ones and others, as 32-bit words from `at` on. */
export interface Slot {
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  /** In words. */
  readonly at: number;
}

/**
 * Gathers kernel runs and copies, and hands them to the GPU many at once: a submission costs a good deal more than a run.
 * WebGPU keeps them in order and lets each see what the ones before have written.
 */
export class Recorder {
  readonly device: GPUDevice;
  readonly #params: GPUBuffer;
  readonly #mirror = new ArrayBuffer(RUNS * SLOT);
  readonly #ints = new Int32Array(this.#mirror);
  readonly #floats = new Float32Array(this.#mirror);
  #runs = 0;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;

  constructor(device: GPUDevice) {
    this.device = device;
    this.#params = device.createBuffer({ size: RUNS * SLOT, usage: USAGE.uniform | USAGE.copyTarget });
  }

  /** Where the numbers of the next run go. */
  slot(): Slot {
    if (this.#runs === RUNS) this.flush();
    return { ints: this.#ints, floats: this.#floats, at: (this.#runs * SLOT) / 4 };
  }

  /** A run of a pipeline; binding 0 is the last slot, its first `bytes` bytes, then come the buffers. */
  run(
    pipeline: GPUComputePipeline,
    layout: GPUBindGroupLayout,
    bytes: number,
    buffers: readonly GPUBuffer[],
    groups: readonly number[],
  ): void {
    const params = { buffer: this.#params, offset: this.#runs * SLOT, size: bytes };
    const entries: GPUBindGroupEntry[] = [{ binding: 0, resource: params }];
    buffers.forEach((buffer, i) => {
      entries.push({ binding: i + 1, resource: { buffer } });
    });
    this.#encoder ??= this.device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, this.device.createBindGroup({ layout, entries }));
    this.#pass.dispatchWorkgroups(groups[0], groups[1], groups[2]);
    this.#runs++;
  }

  copy(from: GPUBuffer, fromByte: number, to: GPUBuffer, toByte: number, bytes: number): void {
    this.#endPass();
    this.#encoder ??= this.device.createCommandEncoder();
    this.#encoder.copyBufferToBuffer(from, fromByte, to, toByte, bytes);
  }

  /** Writes from the host, after all that was recorded. */
  write(to: GPUBuffer, toByte: number, values: Float32Array): void {
    this.flush();
    this.device.queue.writeBuffer(to, toByte, values.buffer, values.byteOffset, values.byteLength);
  }

  destroy(): void {
    this.#params.destroy();
  }

  /** Hands over what was recorded. */
  flush(): void {
    this.#endPass();
    const encoder = this.#encoder;
    if (encoder === undefined) return;
    this.#encoder = undefined;
    if (this.#runs > 0) this.device.queue.writeBuffer(this.#params, 0, this.#mirror, 0, this.#runs * SLOT);
    this.#runs = 0;
    this.device.queue.submit([encoder.finish()]);
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }
}
