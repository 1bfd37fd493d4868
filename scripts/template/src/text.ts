const NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/** What the model learns to write: "after two comes three. ", again and again with other numbers. Put a text of yours here. */
export function counting(sentences: number): string {
  let random = 1;
  const write = () => {
    // The same text each time (Lehmer's generator of random numbers).
    random = (random * 48271) % 2147483647;
    const number = random % (NUMBERS.length - 1);
    return `after ${NUMBERS[number]} comes ${NUMBERS[number + 1]}. `;
  };
  return Array.from({ length: sentences }, write).join("");
}

/** The share of a text's whole sentences that are right. */
export function shareRight(text: string): number {
  const sentences = [...text.matchAll(/after (\w+) comes (\w+)\./g)];
  const right = sentences.filter(
    ([, one, next]) => NUMBERS.includes(one) && NUMBERS[NUMBERS.indexOf(one) + 1] === next,
  );
  return sentences.length === 0 ? 0 : right.length / sentences.length;
}
