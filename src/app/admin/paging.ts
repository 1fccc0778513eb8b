import type { UseInfiniteQueryResult } from "@tanstack/react-query";

type Page<T> = { items: T[]; nextCursor: string | null };

/** Where the next page of a list begins; undefined after the last. */
export const nextPage = { getNextPageParam: ({ nextCursor }: Page<unknown>) => nextCursor ?? undefined };

/** All rows of the pages looked up so far. */
export function rowsOf<T>(query: UseInfiniteQueryResult<{ pages: Page<T>[] }, unknown>): T[] {
  return query.data?.pages.flatMap(({ items }) => items) ?? [];
}
