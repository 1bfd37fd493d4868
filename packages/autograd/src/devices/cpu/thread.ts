import { nodeModule } from "../../platform.ts";

interface Worker {
  postMessage(message: unknown, transferred: Transferable[]): void;
  terminate(): unknown;
}

/** A worker of the pool (worker.mjs), and whether it is still there. */
export class Thread {
  /** Its scratch memory. */
  readonly scratch: number;
  /** Why it ended by itself. */
  reason: string | undefined;

  readonly worker: Worker;
  /** One end of a channel whose other end the worker holds, and never reads. */
  readonly #lifeline: MessagePort | undefined;
  #ended = false;

  /**
   * @param given what the worker is to know besides.
   * @param onEnd called when it has ended by itself, or has been ended by others than `stop`, in a later task.
   */
  constructor(scratch: number, given: object, onEnd: (thread: Thread) => void) {
    this.scratch = scratch;
    const end = (reason: string) => {
      this.reason ??= reason;
      if (this.#ended) return;
      this.#ended = true;
      onEnd(this);
    };
    const node = nodeModule<typeof import("node:worker_threads")>("node:worker_threads");
    if (node === undefined) {
      const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
      // Without a message it has not begun.
      worker.onerror = ({ message }) => end(message || "its script does not load: see the package's README");
      worker.postMessage({ ...given, scratch });
      this.worker = worker;
      return;
    }
    // Without the process's own options: a loader of TypeScript would only delay the start.
    const worker = new node.Worker(new URL("./worker.mjs", import.meta.url), { execArgv: [] });
    worker.on("error", (error) => end(String(error)));
    worker.on("exit", (code) => end(`it ended with code ${code}`));
    worker.unref();
    const { port1, port2 } = new MessageChannel();
    this.#lifeline = port1;
    worker.postMessage({ ...given, scratch, lifeline: port2 }, [port2 as never]);
    this.worker = worker as Worker;
  }

  /**
   * Whether the worker has ended. This is known without waiting for an event, which nobody gets who is in the middle of
   * computing: Node's `postMessage` gives false once there is no other end.
   */
  get isGone(): boolean {
    return this.#ended || (this.#lifeline?.postMessage(0) as unknown) === false;
  }

  /** Ends the worker on purpose. */
  stop(): void {
    this.#ended = true;
    this.#lifeline?.close();
    this.worker.terminate();
  }
}
