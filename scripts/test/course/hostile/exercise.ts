/** Calls one of the student's functions by its name, and gives what it says. */
export const exercises = {
  call: (student: Readonly<Record<string, () => unknown>>, { name }: { name: string }) => student[name](),

  /** What a student's code could do that had got hold of Node's modules, in spite of what is closed to it. */
  async inside(_: object, { name, folder }: { name: string; folder: string }): Promise<string> {
    try {
      await inside[name](folder);
      return "done";
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code ?? error);
    }
  },
};

const inside: Record<string, (folder: string) => unknown> = {
  "reads a file": async (folder) => (await import("node:fs")).readFileSync(`${folder}/secret.txt`),
  "reads what is expected": async () => {
    const task = new URL("../../../../coursework/1-autograd/4-softmax/task.ts", import.meta.url);
    return (await import("node:fs")).readFileSync(task);
  },
  "lists a folder": async (folder) => (await import("node:fs")).readdirSync(folder),
  "reads its environment": async () => (await import("node:fs")).readFileSync("/proc/self/environ"),
  "writes a file": async (folder) => (await import("node:fs")).writeFileSync(`${folder}/mine.txt`, "mine"),
  "starts a program": async () => (await import("node:child_process")).execFileSync(process.execPath, ["--version"]),
  "starts a worker": async () => new (await import("node:worker_threads")).Worker("1", { eval: true }),
  "opens a debugger": async () => (await import("node:inspector")).open(0),
  "asks the network": async () => {
    const net = await import("node:net");
    await new Promise((resolve, reject) => net.connect(9, "127.0.0.1").on("error", reject).on("connect", resolve));
  },
  "asks for a name": async () => (await import("node:dns/promises")).lookup("localhost"),
  "sends a packet": async () => {
    const socket = (await import("node:dgram")).createSocket("udp4");
    await new Promise((resolve, reject) => {
      socket.on("error", reject).send("x", 9, "127.0.0.1", (error) => (error ? reject(error) : resolve(undefined)));
    });
  },
};

/** What Node's permissions deny. */
export const attempts: readonly string[] = Object.keys(inside);

/** What they leave open. */
inside["makes a database"] = async (folder) => {
  const { DatabaseSync } = await import("node:sqlite");
  new DatabaseSync(`${folder}/mine.db`).exec("create table mine (text)");
};
