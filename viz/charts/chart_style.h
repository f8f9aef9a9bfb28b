#pragma once
// How charts look: colours of series from the theme, axes without decoration. Internal to viz/charts.
#include <QBrush>
#include <QColor>
#include <QPen>

#include "viz/charts/chart_data.h"
#include "viz/look/theme.h"

namespace meshsim::viz {

// Series by number: hues that can be told apart, dark enough for lines on the ground of the theme.
inline QColor series_colour(int number) {
  const Theme& t = theme();
  const QColor colours[] = {t.enforced, t.bypassed, t.allowed,
                            t.open,     t.failed,   t.dark ? QColor(0xe6, 0x9f, 0x00) : QColor(0x8a, 0x5a, 0x00)};
  return colours[static_cast<std::size_t>(number) % 6];
}

inline QBrush brush_of(const Look& look) {
  if (look.status) return theme().fill(*look.status);
  if (look.verdict) return QBrush(theme().colour(*look.verdict));
  return QBrush(series_colour(look.number), look.hatched ? Qt::BDiagPattern : Qt::SolidPattern);
}

inline QColor colour_of(const Look& look) {
  if (look.status) return theme().colour(*look.status);
  if (look.verdict) return theme().colour(*look.verdict);
  return series_colour(look.number);
}

// A ramp of one hue that stays readable for the colour-blind: dark blue to yellow, as cividis runs.
inline QColor heat(double share) {
  const QColor stops[] = {QColor(0x0a, 0x2f, 0x6b), QColor(0x4c, 0x55, 0x6c), QColor(0x7d, 0x7c, 0x78),
                          QColor(0xb9, 0xa7, 0x69), QColor(0xfd, 0xe7, 0x37)};
  const double at = std::clamp(share, 0.0, 1.0) * 4;
  const int low = std::min(3, static_cast<int>(at));
  const double mix = at - low;
  const auto blend = [mix](int a, int b) { return static_cast<int>(a + (b - a) * mix); };
  return {blend(stops[low].red(), stops[low + 1].red()), blend(stops[low].green(), stops[low + 1].green()),
          blend(stops[low].blue(), stops[low + 1].blue())};
}

}  // namespace meshsim::viz
