/// How a program of ours keeps its memory. Called once at the start of a daemon or a benchmark, before its
/// threads.
#pragma once

namespace nias {

/// Memory that was freed stays with the process, up to 16 MiB an arena, to be used again: batches come and go
/// a thousand times a second, and pages given back to the system are cleared anew each time. Blocks from 4
/// MiB on still go back at once. No effect where the C library has no such settings.
void keep_freed_memory() noexcept;

}  // namespace nias
