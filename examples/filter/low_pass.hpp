/// A Butterworth low-pass of fourth order, as two second-order sections one after the other. Used by
/// main.cpp. The analogue filter is carried over by the bilinear transform, with the cutoff warped so that it
/// is exact.
#pragma once

#include <array>
#include <cmath>
#include <numbers>

class LowPass {
public:
    /// Both in Hz; the cutoff lies between 0 and half the rate.
    LowPass(double cutoff, double rate) {
        const double k = std::tan(std::numbers::pi * cutoff / rate);
        for (std::size_t i = 0; i < sections_.size(); ++i) {
            // The poles of order 4 lie at these angles from the negative real axis.
            const double damping = 2 * std::cos(std::numbers::pi * (i == 0 ? 3.0 : 1.0) / 8);
            const double scale = 1 / (1 + damping * k + k * k);
            sections_[i] = {k * k * scale, 2 * (k * k - 1) * scale, (1 - damping * k + k * k) * scale};
        }
    }
    double next(double sample) {
        for (Section& section : sections_) { sample = section.next(sample); }
        return sample;
    }

private:
    /// b (1 + 2/z + 1/z²) / (1 + a1/z + a2/z²), in the transposed form with two memories.
    struct Section {
        double b = 0, a1 = 0, a2 = 0;
        double first = 0, second = 0;
        double next(double in) {
            const double out = b * in + first;
            first = 2 * b * in - a1 * out + second;
            second = b * in - a2 * out;
            return out;
        }
    };
    std::array<Section, 2> sections_;
};
