% Filters an EEG signal and estimates its spectrum by Welch's method (IEEE Trans. Audio Electroacoust. 15, 1967).
% Needs Octave with the signal package; draws with gnuplot.
pkg load signal
graphics_toolkit gnuplot

rate = 250;                                   % Hz
raw = dlmread('data/eeg.csv', ',', 1, 0);     % microvolts, after a line of headings
printf('%d samples, %.0f s\n', numel(raw), numel(raw) / rate);

[b, a] = butter(4, [1 40] / (rate / 2));      % band of interest
band = filtfilt(b, a, raw);
[b, a] = butter(2, [58 62] / (rate / 2), 'stop');
clean = filtfilt(b, a, band);

[before, f] = pwelch(raw, hanning(2 * rate), 0.5, 2 * rate, rate);
after = pwelch(clean, hanning(2 * rate), 0.5, 2 * rate, rate);
bands = {'delta', 1, 4; 'theta', 4, 8; 'alpha', 8, 13; 'beta', 13, 30};
if ! exist('output', 'dir'), mkdir('output'); end
table = fopen('output/bands.csv', 'w');
fprintf(table, 'band,from_hz,to_hz,power_uv2\n');
for k = 1:rows(bands)
  inside = f >= bands{k, 2} & f < bands{k, 3};
  power = trapz(f(inside), after(inside));
  fprintf(table, '%s,%g,%g,%.2f\n', bands{k, :}, power);
  printf('%6s  %5.1f to %4.1f Hz  %8.2f uV^2\n', bands{k, :}, power);
end
fclose(table);
dlmwrite('output/spectrum.csv', [f after], 'precision', '%.6g');

figure('visible', 'off', 'position', [0 0 1000 800]);
time = (0:numel(raw) - 1)' / rate;
shown = time < 10;
subplot(2, 1, 1);
plot(time(shown), raw(shown), 'color', [0.75 0.78 0.82], time(shown), clean(shown), 'color', [0.06 0.46 0.43], 'linewidth', 1.2);
legend('raw', '1 to 40 Hz, mains removed'); legend('boxoff');
xlabel('time (s)'); ylabel('EEG (uV)'); title('Ten seconds of the signal')
subplot(2, 1, 2);
semilogy(f, before, 'color', [0.75 0.78 0.82], f, after, 'color', [0.06 0.46 0.43], 'linewidth', 1.5);
xlim([0 70]); ylim([1e-4 1e3]);
xlabel('frequency (Hz)'); ylabel('density (uV^2/Hz)'); title('Welch spectrum'); legend('raw', 'filtered'); legend('boxoff')
print('-dpng', '-r110', 'output/eeg.png');
printf('done\n');
