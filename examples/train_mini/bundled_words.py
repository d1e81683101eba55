"""What the eight bundled voices say in their recordings."""

TRANSCRIPTS = {
    "marigold": "The garden gate was open, and the first bees of the year had found the lavender. I put the kettle on.",
    "juniper": "Come in from the cold, and sit by the fire. There is a story I have been keeping for an evening like this.",
    "wren": "Did you see it? It jumped over the fence, ran twice around the pond, and stole my sandwich! What a clever dog.",
    "ambrose": "Chapter one. The road climbed slowly out of the valley, and by noon the whole county lay below us.",
    "tobias": "I told them it would never work, and of course it worked at once. So now I owe my brother a bicycle.",
    "grimsby": "Nobody has crossed this bridge since the winter of the great storm. You may try, if you have no sense.",
    "fergus": "The boat leaves with the tide, whether you are on it or not. Bring a warm coat and a little patience.",
    "sprocket": "Good morning. All systems are working. I have counted the spoons, and one of them is missing.",
}
