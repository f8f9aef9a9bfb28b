// The pictograms of the actions: few strokes on a 24 x 24 grid, in the colour of the text.
#include <QIconEngine>
#include <QPainter>
#include <QPainterPath>
#include <functional>
#include <map>

#include "viz/look/theme.h"

namespace meshsim::viz {

namespace {

using Draw = std::function<void(QPainter&)>;

void arrow_back(QPainter& p) {
  QPainterPath path(QPointF(5, 10));
  path.lineTo(15, 10);
  path.arcTo(QRectF(11, 10, 8, 8), 90, -180);
  path.lineTo(9, 18);
  p.drawPath(path);
  p.drawPolyline(QPolygonF({{9, 6}, {5, 10}, {9, 14}}));
}

const std::map<QString, Draw>& drawings() {
  static const std::map<QString, Draw> kDrawings = {
      {"open",
       [](QPainter& p) {
         p.drawPolygon(QPolygonF({{3, 19}, {3, 6}, {9, 6}, {11, 8.5}, {20, 8.5}, {20, 19}}));
         p.drawLine(QPointF(3, 12), QPointF(20, 12));
       }},
      {"save",
       [](QPainter& p) {
         p.drawPolygon(QPolygonF({{4, 4}, {17, 4}, {20, 7}, {20, 20}, {4, 20}}));
         p.drawRect(QRectF(8, 4, 7, 5));
         p.drawRect(QRectF(7, 13, 10, 7));
       }},
      {"undo", arrow_back},
      {"redo",
       [](QPainter& p) {
         p.translate(24, 0);
         p.scale(-1, 1);
         arrow_back(p);
       }},
      {"run",
       [](QPainter& p) {
         p.setBrush(p.pen().color());
         p.drawPolygon(QPolygonF({{7, 5}, {19, 12}, {7, 19}}));
       }},
      {"stop",
       [](QPainter& p) {
         p.setBrush(p.pen().color());
         p.drawRect(QRectF(6, 6, 12, 12));
       }},
      {"fit",
       [](QPainter& p) {
         for (int i = 0; i < 4; ++i) {
           p.drawPolyline(QPolygonF({{4, 9}, {4, 4}, {9, 4}}));
           p.translate(24, 0);
           p.rotate(90);
         }
         p.drawRect(QRectF(9, 9, 6, 6));
       }},
      {"ask",
       [](QPainter& p) {
         p.drawEllipse(QRectF(3, 10, 5, 5));
         p.drawEllipse(QRectF(17, 10, 5, 5));
         p.drawLine(QPointF(8, 12.5), QPointF(16, 12.5));
         p.drawPolyline(QPolygonF({{13, 9.5}, {16, 12.5}, {13, 15.5}}));
       }},
      {"export",
       [](QPainter& p) {
         p.drawLine(QPointF(12, 4), QPointF(12, 15));
         p.drawPolyline(QPolygonF({{8, 11}, {12, 15}, {16, 11}}));
         p.drawPolyline(QPolygonF({{4, 15}, {4, 20}, {20, 20}, {20, 15}}));
       }},
      {"table",
       [](QPainter& p) {
         p.drawRect(QRectF(4, 5, 16, 14));
         p.drawLine(QPointF(4, 10), QPointF(20, 10));
         p.drawLine(QPointF(10, 5), QPointF(10, 19));
       }},
  };
  return kDrawings;
}

// Paints with the palette of the moment, so that a change of theme needs no new icons.
class PictogramEngine : public QIconEngine {
 public:
  explicit PictogramEngine(QString name) : name_(std::move(name)) {}
  QIconEngine* clone() const override { return new PictogramEngine(name_); }
  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
    const auto it = drawings().find(name_);
    if (it == drawings().end()) return;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->translate(rect.topLeft());
    painter->scale(rect.width() / 24.0, rect.height() / 24.0);
    painter->setPen(
        QPen(mode == QIcon::Disabled ? theme().line : theme().text, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    it->second(*painter);
    painter->restore();
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap out(size);
    out.fill(Qt::transparent);
    QPainter painter(&out);
    paint(&painter, QRect(QPoint(), size), mode, state);
    return out;
  }

 private:
  QString name_;
};

}  // namespace

QIcon pictogram(const QString& name) { return QIcon(new PictogramEngine(name)); }

}  // namespace meshsim::viz
