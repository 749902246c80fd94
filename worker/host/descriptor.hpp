/// The worker's files that open something take Descriptor from here; its home is base/host.
/// A resource; one thread at a time.
#pragma once

#include "base/host/descriptor.hpp"
