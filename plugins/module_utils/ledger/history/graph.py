"""The graph of commits: order, times that never run backwards, merge bases, and which merge brought a commit in."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from .git import Commit


class Graph:
    """The history of one head.

    :param commits: at least every commit that the head reaches; parents that are missing (a shallow clone) are ignored.
    :ivar order: commits, parents before their children.
    :ivar when: each commit's time, or its parents' when a clock was wrong: seconds since 1970, never before a parent's.
    """

    def __init__(self, commits: Mapping[bytes, Commit], head: bytes) -> None:
        self.commits = commits
        self.head = head
        self.order: list[Commit] = []
        self.position: dict[bytes, int] = {}
        self.when: dict[bytes, int] = {}
        stack = [(head, False)]
        while stack:
            name, ready = stack.pop()
            commit = commits.get(name)
            if commit is None or name in self.position:
                continue
            if not ready:
                stack.append((name, True))
                # the first parent last: it is finished first, and the line of main comes before what is merged into it
                stack += [(parent, False) for parent in reversed(commit.parents)]
                continue
            self.position[name] = len(self.order)
            self.order.append(commit)
            self.when[name] = max([commit.when, *(self.when[parent] for parent in commit.parents if parent in self.when)])

    def merge_base(self, one: bytes, other: bytes) -> bytes:
        """The newest commit that both reach; empty when there is none."""
        flags = {one: 1}
        flags[other] = flags.get(other, 0) | 2
        heap = [-self.position[name] for name in flags if name in self.position]
        heapq.heapify(heap)
        while heap:
            commit = self.order[-heapq.heappop(heap)]
            flag = flags[commit.name]
            if flag == 3:
                return commit.name
            for parent in commit.parents:
                if parent in self.position and flags.get(parent, 0) | flag != flags.get(parent, 0):
                    flags[parent] = flags.get(parent, 0) | flag
                    heapq.heappush(heap, -self.position[parent])
        return b""

    def brought_in(self) -> dict[bytes, bytes]:
        """For each commit that came by a merge into the first line: that merge."""
        line = []
        name = self.head
        while name in self.position:
            line.append(self.commits[name])
            name = self.commits[name].parents[0] if self.commits[name].parents else b""
        seen: set[bytes] = set()
        found: dict[bytes, bytes] = {}
        for commit in reversed(line):
            seen.add(commit.name)
            stack = list(commit.parents[1:])
            while stack:
                name = stack.pop()
                if name in seen or name not in self.position:
                    continue
                seen.add(name)
                found[name] = commit.name
                stack += self.commits[name].parents
        return found
