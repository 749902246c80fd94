/// InProcess: where the parts of one Pipeline meet. Opaque: a Pipeline makes it and hands it on in the
/// options that it gives out. Used by the options of all parts.
#pragma once

#include <nias/api.hpp>

namespace nias {
inline namespace v1 {

/// Parts that are opened with the same one share their sockets' threads and may meet at inproc:// addresses.
/// It lives as long as one of them.
class InProcess;

}  // namespace v1
}  // namespace nias
