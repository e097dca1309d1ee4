using Microsoft.Playwright;

namespace SggLab.EndToEnd.Browser;

/// <summary>
/// What every page owes people who do not see or point well (WCAG 2.2 AA): text that stands out from its ground, names for fields and buttons, ids that are
/// one of a kind, headings without gaps.
/// </summary>
internal static class PageRules
{
    /// <summary>A sentence a fault; none where all is well.</summary>
    public static Task<string[]> FaultsAsync(IPage page) => page.EvaluateAsync<string[]>(Script);

    private const string Script = """
        () => {
          const channels = (text) => {
            const inner = text.match(/rgba?\(([^)]+)\)/);
            if (inner) { const p = inner[1].split(/[ ,\/]+/).map(Number); return [p[0], p[1], p[2], p[3] ?? 1]; }
            const mixed = text.match(/color\(srgb ([^)]+)\)/);
            if (!mixed) return null;
            const p = mixed[1].split(/[ \/]+/).map(Number);
            return [p[0] * 255, p[1] * 255, p[2] * 255, p[3] ?? 1];
          };
          const light = (c) => {
            const linear = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
            return 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
          };
          const ground = (element) => {
            let sum = [0, 0, 0], covered = 0;
            for (let node = element; node && covered < 0.99; node = node.parentElement) {
              const c = channels(getComputedStyle(node).backgroundColor);
              if (!c || c[3] === 0) continue;
              const share = c[3] * (1 - covered);
              sum = sum.map((v, i) => v + c[i] * share);
              covered += share;
            }
            return sum.map((v) => v + 255 * (1 - covered));
          };
          const faults = new Set();
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (texts.nextNode()) {
            const words = texts.currentNode.data.trim(), element = texts.currentNode.parentElement;
            if (!words || element.closest('.visually-hidden, .disabled, :disabled, script, style, .lab-splash, .lab-reconnect')) continue;
            const style = getComputedStyle(element), box = element.getBoundingClientRect();
            if (box.width === 0 || box.right < 0 || style.visibility === 'hidden') continue;
            const ink = channels(element instanceof SVGElement ? style.fill : style.color);
            if (!ink) continue;
            let strength = ink[3];
            for (let node = element; node; node = node.parentElement) strength *= Number(getComputedStyle(node).opacity);
            const under = ground(element), seen = under.map((v, i) => ink[i] * strength + v * (1 - strength));
            const [bright, dark] = [light(seen), light(under)].sort((a, b) => b - a);
            const contrast = (bright + 0.05) / (dark + 0.05);
            if (contrast < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) faults.add(`"${words.slice(0, 40)}" has a contrast of ${contrast.toFixed(2)}`);
          }
          for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
            if (!field.labels?.length && !field.getAttribute('aria-label')) faults.add(`a field without a label: ${field.outerHTML.slice(0, 80)}`);
          for (const act of document.querySelectorAll('button, a[href]'))
            if (act.getBoundingClientRect().width && !(act.textContent.trim() || act.getAttribute('aria-label') || act.title)) faults.add(`a button or link without a name: ${act.outerHTML.slice(0, 80)}`);
          const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
          for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) faults.add(`the id ${id} stands there twice`);
          const levels = [...document.querySelectorAll('main :is(h1, h2, h3, h4)')].map((heading) => Number(heading.tagName[1]));
          if (levels.some((level, i) => i > 0 && level > levels[i - 1] + 1)) faults.add(`heading levels skip: ${levels.join(' ')}`);
          return [...faults].slice(0, 12);
        }
        """;
}
