export const pinnedPnpm: string;
export const pnpmIntegrity: string;
