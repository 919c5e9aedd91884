using System.Globalization;
using System.Security;
using System.Text;

namespace PmemStream.Benchmarks.Report;

internal enum SvgAnchor
{
    Start,
    Middle,
    End,
}

/// <summary>Writes an SVG picture, element by element. Lengths are pixels, from the upper left corner.</summary>
internal sealed class SvgCanvas
{
    private readonly StringBuilder _elements = new();

    public SvgCanvas(int width, int height)
    {
        _elements.Append("<svg xmlns=\"http://www.w3.org/2000/svg\" font-family=\"Arial, Helvetica, sans-serif\" ");
        Append($"width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n");
        Append($"<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n");
    }

    public void Line(double x1, double y1, double x2, double y2, string color, double width, bool dashed = false)
    {
        Append($"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" ");
        Append($"stroke=\"{color}\" stroke-width=\"{width:0.#}\"{Dashes(dashed)}/>\n");
    }

    public void Polyline(IEnumerable<(double X, double Y)> points, string color, double width, bool dashed)
    {
        string places = string.Join(' ', points.Select(point =>
            string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}")));
        Append($"<polyline points=\"{places}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width:0.#}\"{Dashes(dashed)}/>\n");
    }

    public void Dot(double x, double y, double radius, string color) =>
        Append($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"{radius:0.#}\" fill=\"{color}\"/>\n");

    public void Frame(double x, double y, double width, double height, string color) =>
        Append($"<rect x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{width:0.#}\" height=\"{height:0.#}\" fill=\"none\" stroke=\"{color}\"/>\n");

    public void Text(double x, double y, string text, int size, SvgAnchor anchor = SvgAnchor.Start, bool bold = false)
    {
        string place = anchor switch { SvgAnchor.Middle => "middle", SvgAnchor.End => "end", _ => "start" };
        string weight = bold ? " font-weight=\"bold\"" : "";
        Append($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" font-size=\"{size}\" text-anchor=\"{place}\"{weight}>{SecurityElement.Escape(text)}</text>\n");
    }

    /// <summary>The whole picture. Nothing can be added behind it.</summary>
    public string Finish() => _elements.Append("</svg>\n").ToString();

    private static string Dashes(bool dashed) => dashed ? " stroke-dasharray=\"6 4\"" : "";

    private void Append(FormattableString element) => _elements.Append(element.ToString(CultureInfo.InvariantCulture));
}
