import type { UseInfiniteQueryResult } from "@tanstack/react-query";

type Page<T> = { items: T[]; nextCursor: string | null };

/** The cursor of a list's next page; undefined after the last. */
export const nextPage = { getNextPageParam: ({ nextCursor }: Page<unknown>) => nextCursor ?? undefined };

/** All rows of the loaded pages. */
export function rowsOf<T>(query: UseInfiniteQueryResult<{ pages: Page<T>[] }, unknown>): T[] {
  return query.data?.pages.flatMap(({ items }) => items) ?? [];
}
