/**
 * Names of cities and towns by country or group of countries, in plain ASCII as English maps write them: facts, from general
 * knowledge, for a model that learns in seconds how names are spelt. Neither complete nor a statement about borders.
 */
export const cityNames: Readonly<Record<string, string>> = {
  Afghanistan: "Kabul, Kandahar, Herat, Jalalabad, Kunduz, Ghazni, Bamyan",
  Albania: "Tirana, Durres, Vlore, Shkoder, Korce, Elbasan, Gjirokaster, Berat",
  Algeria:
    "Algiers, Oran, Constantine, Annaba, Blida, Batna, Setif, Tlemcen, Ghardaia, Tamanrasset, Biskra, Bejaia",
  Angola: "Luanda, Huambo, Lobito, Benguela, Lubango, Malanje, Namibe",
  Argentina:
    "Buenos Aires, Cordoba, Rosario, Mendoza, La Plata, Tucuman, Mar del Plata, Salta, Santa Fe, San Juan, Resistencia, Neuquen, Corrientes, Posadas, Bahia Blanca, Parana, Ushuaia, Bariloche, Formosa, Catamarca, Comodoro Rivadavia, Rio Gallegos, Tandil, Villa Maria",
  Armenia: "Yerevan, Gyumri, Vanadzor, Dilijan, Goris",
  Australia:
    "Sydney, Melbourne, Brisbane, Perth, Adelaide, Canberra, Hobart, Darwin, Newcastle, Wollongong, Geelong, Townsville, Cairns, Toowoomba, Ballarat, Bendigo, Launceston, Mackay, Rockhampton, Bunbury, Bundaberg, Wagga Wagga, Alice Springs, Albury, Mildura, Tamworth, Dubbo, Geraldton, Kalgoorlie, Broome",
  Austria:
    "Vienna, Graz, Linz, Salzburg, Innsbruck, Klagenfurt, Villach, Wels, Bregenz, Dornbirn, Eisenstadt, Krems, Steyr, Leoben, Feldkirch, Kufstein",
  Azerbaijan: "Baku, Ganja, Sumqayit, Sheki, Lankaran, Quba",
  Bangladesh: "Dhaka, Chittagong, Khulna, Rajshahi, Sylhet, Barisal, Rangpur, Comilla, Mymensingh, Bogra",
  Belarus: "Minsk, Gomel, Mogilev, Vitebsk, Grodno, Brest, Pinsk, Polotsk, Bobruisk",
  Belgium:
    "Brussels, Antwerp, Ghent, Bruges, Leuven, Liege, Namur, Charleroi, Mons, Mechelen, Kortrijk, Ostend, Hasselt, Genk, Tournai, Ypres, Dinant, Arlon",
  Benin: "Cotonou, Porto Novo, Parakou, Abomey, Natitingou",
  Bhutan: "Thimphu, Paro, Punakha",
  Bolivia: "La Paz, Sucre, Santa Cruz, Cochabamba, Oruro, Potosi, Tarija, Trinidad, El Alto, Uyuni",
  "Bosnia and Herzegovina": "Sarajevo, Mostar, Banja Luka, Tuzla, Zenica, Bihac, Travnik, Trebinje",
  Botswana: "Gaborone, Francistown, Maun, Serowe, Kasane",
  Brazil:
    "Sao Paulo, Rio de Janeiro, Brasilia, Salvador, Fortaleza, Belo Horizonte, Manaus, Curitiba, Recife, Porto Alegre, Belem, Goiania, Guarulhos, Campinas, Sao Luis, Maceio, Natal, Teresina, Campo Grande, Joao Pessoa, Santos, Osasco, Ribeirao Preto, Uberlandia, Sorocaba, Aracaju, Cuiaba, Londrina, Joinville, Niteroi, Florianopolis, Vitoria, Macapa, Pelotas, Caxias do Sul, Juiz de Fora, Petropolis, Blumenau, Olinda, Ouro Preto, Foz do Iguacu, Santarem, Maringa, Caruaru, Rio Branco, Boa Vista, Palmas, Paraty",
  Bulgaria:
    "Sofia, Plovdiv, Varna, Burgas, Ruse, Stara Zagora, Pleven, Sliven, Veliko Tarnovo, Blagoevgrad, Vidin, Gabrovo, Shumen, Haskovo",
  "Burkina Faso": "Ouagadougou, Bobo Dioulasso, Koudougou, Banfora",
  Burundi: "Bujumbura, Gitega, Ngozi",
  Cambodia: "Phnom Penh, Siem Reap, Battambang, Kampot, Sihanoukville, Kratie",
  Cameroon: "Yaounde, Douala, Garoua, Bamenda, Maroua, Bafoussam, Kribi, Limbe",
  Canada:
    "Toronto, Montreal, Vancouver, Calgary, Edmonton, Ottawa, Winnipeg, Hamilton, Halifax, Victoria, Saskatoon, Regina, Kelowna, Kingston, Sherbrooke, Gatineau, Moncton, Fredericton, Charlottetown, Whitehorse, Yellowknife, Iqaluit, Sudbury, Thunder Bay, Kamloops, Nanaimo, Lethbridge, Red Deer, Medicine Hat, Moose Jaw, Trois Rivieres, Chicoutimi, Rimouski, Banff, Churchill, Dawson, Guelph, Oshawa, Windsor",
  "Cape Verde": "Praia, Mindelo",
  Chad: "Ndjamena, Moundou, Abeche",
  Chile:
    "Santiago, Valparaiso, Concepcion, Antofagasta, Temuco, Iquique, Arica, Rancagua, Talca, Punta Arenas, Puerto Montt, Valdivia, Osorno, La Serena, Coquimbo, Calama, Copiapo, Chillan, Vina del Mar, Coyhaique",
  China:
    "Beijing, Shanghai, Guangzhou, Shenzhen, Chengdu, Chongqing, Tianjin, Wuhan, Xian, Hangzhou, Nanjing, Shenyang, Harbin, Qingdao, Dalian, Jinan, Zhengzhou, Changsha, Kunming, Fuzhou, Xiamen, Suzhou, Wuxi, Ningbo, Hefei, Nanchang, Guiyang, Nanning, Taiyuan, Urumqi, Lanzhou, Xining, Yinchuan, Hohhot, Lhasa, Changchun, Dongguan, Foshan, Wenzhou, Shijiazhuang, Zhuhai, Guilin, Luoyang, Kaifeng, Kashgar, Dali, Lijiang, Datong, Yangzhou, Shaoxing, Quanzhou, Shantou, Weifang, Yantai, Tangshan, Handan, Baotou, Anshan, Jilin, Liuzhou, Mianyang, Zunyi, Jingdezhen, Turpan, Hotan, Sanya, Haikou, Macau, Hong Kong",
  Colombia:
    "Bogota, Medellin, Cali, Barranquilla, Cartagena, Cucuta, Bucaramanga, Pereira, Manizales, Ibague, Santa Marta, Villavicencio, Pasto, Neiva, Popayan, Armenia, Leticia, Tunja, Riohacha",
  "Congo and Democratic Republic of the Congo":
    "Kinshasa, Brazzaville, Lubumbashi, Kisangani, Goma, Bukavu, Matadi, Kananga, Mbandaka, Pointe Noire",
  "Costa Rica": "San Jose, Limon, Alajuela, Heredia, Cartago, Puntarenas, Liberia",
  Croatia:
    "Zagreb, Split, Rijeka, Osijek, Zadar, Pula, Dubrovnik, Sibenik, Varazdin, Karlovac, Trogir, Rovinj, Vukovar, Sisak, Makarska",
  Cuba: "Havana, Santiago de Cuba, Camaguey, Holguin, Santa Clara, Cienfuegos, Matanzas, Trinidad, Varadero, Baracoa, Pinar del Rio",
  Cyprus: "Nicosia, Limassol, Larnaca, Paphos, Famagusta, Kyrenia",
  Czechia:
    "Prague, Brno, Ostrava, Plzen, Liberec, Olomouc, Hradec Kralove, Pardubice, Zlin, Jihlava, Karlovy Vary, Ceske Budejovice, Opava, Kutna Hora, Tabor, Znojmo, Teplice, Cheb, Telc",
  Denmark:
    "Copenhagen, Aarhus, Odense, Aalborg, Esbjerg, Randers, Kolding, Horsens, Vejle, Roskilde, Helsingor, Silkeborg, Viborg, Ribe, Svendborg, Skagen, Herning, Billund",
  Djibouti: "Djibouti, Tadjoura, Obock",
  "Dominican Republic": "Santo Domingo, La Romana, Puerto Plata, Punta Cana, San Cristobal, Samana",
  Ecuador: "Quito, Guayaquil, Cuenca, Ambato, Loja, Manta, Riobamba, Esmeraldas, Otavalo, Ibarra, Machala",
  Egypt:
    "Cairo, Alexandria, Giza, Luxor, Aswan, Port Said, Suez, Hurghada, Ismailia, Asyut, Mansoura, Tanta, Damietta, Siwa, Edfu, Faiyum, Rosetta",
  "El Salvador": "San Salvador, Santa Ana, San Miguel, Sonsonate, Suchitoto",
  Eritrea: "Asmara, Massawa, Keren, Assab",
  Estonia: "Tallinn, Tartu, Narva, Parnu, Viljandi, Haapsalu, Kuressaare, Rakvere",
  Ethiopia: "Addis Ababa, Gondar, Mekelle, Bahir Dar, Dire Dawa, Harar, Jimma, Axum, Lalibela, Awasa",
  "Faroe Islands": "Torshavn, Klaksvik",
  Fiji: "Suva, Nadi, Lautoka, Levuka",
  Finland:
    "Helsinki, Espoo, Tampere, Turku, Oulu, Vantaa, Lahti, Kuopio, Jyvaskyla, Pori, Joensuu, Lappeenranta, Vaasa, Rovaniemi, Kotka, Mikkeli, Porvoo, Savonlinna, Rauma, Kajaani, Inari, Kokkola, Hamina",
  France:
    "Paris, Marseille, Lyon, Toulouse, Nice, Nantes, Strasbourg, Montpellier, Bordeaux, Lille, Rennes, Reims, Toulon, Grenoble, Dijon, Angers, Nimes, Clermont Ferrand, Le Havre, Tours, Limoges, Amiens, Metz, Perpignan, Besancon, Orleans, Rouen, Mulhouse, Caen, Nancy, Avignon, Poitiers, Versailles, Pau, La Rochelle, Calais, Cannes, Antibes, Colmar, Bourges, Quimper, Valence, Troyes, Chambery, Annecy, Bayonne, Biarritz, Brest, Lorient, Vannes, Cherbourg, Dunkirk, Arles, Carcassonne, Albi, Beziers, Narbonne, Cahors, Rodez, Auxerre, Chartres, Laval, Le Mans, Nevers, Vichy, Epinal, Ajaccio, Bastia, Calvi, Bonifacio, Chamonix, Saumur, Sete",
  Gabon: "Libreville, Franceville, Lambarene",
  Gambia: "Banjul, Serekunda, Brikama",
  Georgia: "Tbilisi, Batumi, Kutaisi, Rustavi, Gori, Telavi, Mtskheta, Zugdidi",
  Germany:
    "Berlin, Hamburg, Munich, Cologne, Frankfurt, Stuttgart, Dusseldorf, Dortmund, Essen, Leipzig, Bremen, Dresden, Hanover, Nuremberg, Duisburg, Bochum, Wuppertal, Bielefeld, Bonn, Munster, Karlsruhe, Mannheim, Augsburg, Wiesbaden, Gelsenkirchen, Aachen, Braunschweig, Kiel, Chemnitz, Halle, Magdeburg, Freiburg, Krefeld, Mainz, Lubeck, Erfurt, Oberhausen, Rostock, Kassel, Hagen, Potsdam, Saarbrucken, Hamm, Ludwigshafen, Oldenburg, Osnabruck, Leverkusen, Heidelberg, Solingen, Darmstadt, Regensburg, Ingolstadt, Wurzburg, Furth, Ulm, Heilbronn, Pforzheim, Wolfsburg, Gottingen, Bottrop, Koblenz, Bremerhaven, Reutlingen, Trier, Jena, Erlangen, Siegen, Hildesheim, Cottbus, Gera, Weimar, Passau, Bamberg, Bayreuth, Konstanz, Worms, Speyer, Stralsund, Greifswald, Schwerin, Flensburg, Husum, Goslar, Celle, Luneburg, Quedlinburg, Wittenberg, Eisenach, Gotha, Gorlitz, Bautzen, Meissen, Zwickau, Plauen, Landshut, Lindau, Fussen, Tubingen, Baden Baden, Offenburg, Emden, Wismar",
  Ghana: "Accra, Kumasi, Tamale, Takoradi, Cape Coast, Sunyani, Elmina, Koforidua, Wa",
  Greece:
    "Athens, Thessaloniki, Patras, Heraklion, Larissa, Volos, Ioannina, Chania, Rhodes, Kavala, Corfu, Kalamata, Corinth, Sparta, Delphi, Nafplio, Rethymno, Kozani, Drama, Xanthi, Preveza, Kastoria, Mytilene, Tripoli, Argos",
  Greenland: "Nuuk, Ilulissat, Sisimiut, Qaqortoq, Tasiilaq",
  Guatemala: "Guatemala City, Antigua, Quetzaltenango, Coban, Flores, Huehuetenango, Chichicastenango",
  "Guinea, Guinea-Bissau and Equatorial Guinea":
    "Conakry, Kankan, Labe, Kindia, Nzerekore, Bissau, Malabo, Bata",
  "Guyana, Suriname and French Guiana": "Georgetown, Linden, Paramaribo, Cayenne, Kourou",
  Haiti: "Port au Prince, Jacmel, Cap Haitien, Gonaives, Les Cayes",
  Honduras: "Tegucigalpa, San Pedro Sula, La Ceiba, Comayagua, Choluteca",
  Hungary:
    "Budapest, Debrecen, Szeged, Miskolc, Pecs, Gyor, Kecskemet, Szombathely, Sopron, Eger, Tata, Vac, Szolnok, Kaposvar, Veszprem, Esztergom, Tokaj, Zalaegerszeg, Siofok, Baja",
  Iceland: "Reykjavik, Akureyri, Keflavik, Husavik, Selfoss, Isafjordur, Vik, Hofn, Egilsstadir",
  India:
    "Mumbai, Delhi, Bangalore, Hyderabad, Chennai, Kolkata, Pune, Ahmedabad, Jaipur, Surat, Lucknow, Kanpur, Nagpur, Indore, Bhopal, Patna, Vadodara, Ludhiana, Agra, Nashik, Varanasi, Srinagar, Amritsar, Allahabad, Ranchi, Coimbatore, Jabalpur, Gwalior, Vijayawada, Jodhpur, Madurai, Raipur, Kota, Guwahati, Chandigarh, Mysore, Tiruchirappalli, Bhubaneswar, Salem, Thiruvananthapuram, Kochi, Dehradun, Udaipur, Jaisalmer, Shimla, Darjeeling, Gangtok, Imphal, Shillong, Aizawl, Kohima, Panaji, Puducherry, Mangalore, Hubli, Belgaum, Tirupati, Nellore, Warangal, Guntur, Rajkot, Bhavnagar, Jamnagar, Ujjain, Ajmer, Bikaner, Alwar, Mathura, Meerut, Aligarh, Bareilly, Gorakhpur, Jhansi, Haridwar, Rishikesh, Leh, Jammu, Puri, Cuttack, Siliguri, Asansol, Durgapur, Kozhikode, Thrissur, Kollam, Alappuzha, Vellore, Thanjavur, Hampi, Kolhapur, Solapur, Aurangabad, Amravati",
  Indonesia:
    "Jakarta, Surabaya, Bandung, Medan, Semarang, Palembang, Makassar, Yogyakarta, Denpasar, Malang, Padang, Pekanbaru, Banjarmasin, Samarinda, Pontianak, Manado, Ambon, Jayapura, Kupang, Mataram, Surakarta, Bogor, Cirebon, Jambi, Bengkulu, Banda Aceh, Balikpapan, Palu, Kendari, Ternate, Ubud, Sorong, Merauke",
  Iran: "Tehran, Mashhad, Isfahan, Shiraz, Tabriz, Ahvaz, Qom, Kerman, Yazd, Rasht, Hamadan, Kermanshah, Zahedan, Ardabil, Urmia, Kashan, Abadan, Bushehr, Sari, Gorgan",
  Iraq: "Baghdad, Basra, Mosul, Erbil, Kirkuk, Najaf, Karbala, Sulaymaniyah, Samarra, Nasiriyah, Dohuk",
  Ireland:
    "Dublin, Cork, Galway, Limerick, Waterford, Kilkenny, Sligo, Tralee, Killarney, Athlone, Wexford, Drogheda, Dundalk, Ennis, Letterkenny, Donegal, Bray, Cobh, Kinsale, Tullamore, Westport, Dingle",
  Israel: "Jerusalem, Tel Aviv, Haifa, Beersheba, Eilat, Nazareth, Tiberias, Acre, Ashdod, Netanya",
  Italy:
    "Rome, Milan, Naples, Turin, Palermo, Genoa, Bologna, Florence, Bari, Catania, Venice, Verona, Messina, Padua, Trieste, Brescia, Parma, Taranto, Prato, Modena, Reggio Calabria, Livorno, Ravenna, Cagliari, Foggia, Rimini, Salerno, Ferrara, Sassari, Siracusa, Pescara, Monza, Bergamo, Forli, Trento, Vicenza, Terni, Bolzano, Novara, Piacenza, Ancona, Andria, Arezzo, Udine, Cesena, Lecce, Pesaro, Como, Pisa, Lucca, Siena, Perugia, Assisi, Orvieto, Viterbo, Cremona, Mantua, Pavia, Asti, Cuneo, Aosta, Savona, Sanremo, La Spezia, Carrara, Grosseto, Matera, Potenza, Cosenza, Crotone, Catanzaro, Trapani, Marsala, Agrigento, Ragusa, Enna, Olbia, Nuoro, Oristano, Alghero, Brindisi, Caserta, Benevento, Avellino, Sorrento, Amalfi, Rieti, Latina, Gaeta, Teramo, Urbino, Macerata, Spoleto, Gubbio, Belluno, Treviso, Rovigo, Merano, Gorizia, Lodi, Lecco, Varese, Biella, Vercelli",
  "Ivory Coast": "Abidjan, Yamoussoukro, Bouake, Korhogo, Daloa, Man, San Pedro",
  Jamaica: "Kingston, Montego Bay, Negril, Ocho Rios, Mandeville",
  Japan:
    "Tokyo, Yokohama, Osaka, Nagoya, Sapporo, Fukuoka, Kobe, Kyoto, Kawasaki, Saitama, Hiroshima, Sendai, Chiba, Kitakyushu, Sakai, Niigata, Hamamatsu, Kumamoto, Sagamihara, Okayama, Shizuoka, Kagoshima, Nagasaki, Matsuyama, Kanazawa, Utsunomiya, Oita, Nara, Toyama, Gifu, Miyazaki, Naha, Akita, Aomori, Morioka, Yamagata, Fukushima, Mito, Kofu, Nagano, Matsumoto, Takayama, Fukui, Tsu, Otsu, Wakayama, Tottori, Matsue, Yamaguchi, Tokushima, Takamatsu, Kochi, Saga, Asahikawa, Hakodate, Otaru, Kushiro, Nikko, Kamakura, Himeji, Kurashiki, Beppu, Hirosaki, Obihiro, Toyota, Okazaki, Atami",
  Jordan: "Amman, Aqaba, Irbid, Zarqa, Petra, Madaba, Jerash",
  Kazakhstan:
    "Almaty, Astana, Shymkent, Karaganda, Aktobe, Atyrau, Aktau, Pavlodar, Semey, Kostanay, Turkistan, Taraz, Oral, Baikonur",
  Kenya: "Nairobi, Mombasa, Kisumu, Nakuru, Eldoret, Malindi, Lamu, Nyeri, Thika, Naivasha, Garissa",
  Kosovo: "Pristina, Prizren, Peja, Mitrovica",
  Kyrgyzstan: "Bishkek, Osh, Karakol, Naryn, Talas",
  Laos: "Vientiane, Luang Prabang, Pakse, Savannakhet, Vang Vieng",
  Latvia: "Riga, Daugavpils, Liepaja, Jelgava, Jurmala, Ventspils, Valmiera, Cesis, Sigulda, Kuldiga",
  Lebanon: "Beirut, Sidon, Tyre, Byblos, Zahle, Baalbek",
  "Lesotho and Eswatini": "Maseru, Leribe, Mbabane, Manzini",
  "Liberia and Sierra Leone": "Monrovia, Buchanan, Gbarnga, Freetown, Bo, Kenema, Makeni",
  Libya: "Benghazi, Misrata, Tobruk, Sabha, Sirte, Derna, Ghadames",
  Lithuania: "Vilnius, Kaunas, Klaipeda, Siauliai, Panevezys, Alytus, Trakai, Palanga, Nida, Druskininkai",
  Luxembourg: "Luxembourg, Vianden, Echternach, Diekirch",
  Madagascar: "Antananarivo, Toamasina, Antsirabe, Mahajanga, Fianarantsoa, Toliara, Antsiranana, Morondava",
  Malawi: "Lilongwe, Blantyre, Zomba, Mzuzu",
  Malaysia:
    "Kuala Lumpur, George Town, Ipoh, Johor Bahru, Malacca, Kuching, Kota Kinabalu, Shah Alam, Alor Setar, Kuantan, Kota Bharu, Seremban, Sandakan, Miri, Sibu, Taiping, Klang",
  Mali: "Bamako, Timbuktu, Mopti, Gao, Kayes, Sikasso, Segou, Djenne",
  Malta: "Valletta, Mdina, Sliema, Rabat, Birgu",
  Mauritania: "Nouakchott, Nouadhibou, Atar, Chinguetti",
  "Mauritius and Reunion": "Port Louis, Curepipe, Mahebourg, Saint Denis",
  Mexico:
    "Mexico City, Guadalajara, Monterrey, Puebla, Tijuana, Leon, Juarez, Zapopan, Merida, San Luis Potosi, Aguascalientes, Hermosillo, Saltillo, Mexicali, Culiacan, Queretaro, Morelia, Chihuahua, Cancun, Torreon, Acapulco, Durango, Veracruz, Xalapa, Tuxtla Gutierrez, Oaxaca, Villahermosa, Mazatlan, Cuernavaca, Toluca, Pachuca, Campeche, Tampico, Ensenada, La Paz, Guanajuato, Zacatecas, Colima, Tepic, Taxco, Puerto Vallarta, Chetumal, Tlaxcala, Palenque, Tapachula, Guaymas, Celaya, Irapuato, Uruapan",
  Moldova: "Chisinau, Tiraspol, Balti, Cahul, Orhei",
  "Monaco, Andorra, Liechtenstein and San Marino": "Monaco, Andorra la Vella, Vaduz, San Marino",
  Mongolia: "Ulaanbaatar, Erdenet, Darkhan, Khovd, Olgii, Karakorum",
  Montenegro: "Podgorica, Kotor, Budva, Niksic, Cetinje, Herceg Novi, Ulcinj, Perast",
  Morocco:
    "Casablanca, Marrakesh, Fez, Tangier, Agadir, Meknes, Oujda, Tetouan, Essaouira, Ouarzazate, Chefchaouen, Safi, Kenitra, Larache, Asilah, Nador, Taroudant",
  Mozambique: "Maputo, Beira, Nampula, Quelimane, Tete, Pemba, Inhambane, Xai Xai",
  Myanmar: "Yangon, Mandalay, Naypyidaw, Bagan, Mawlamyine, Pathein, Sittwe, Taunggyi, Myitkyina, Bago",
  Namibia: "Windhoek, Swakopmund, Walvis Bay, Luderitz, Keetmanshoop, Tsumeb",
  Nepal: "Kathmandu, Pokhara, Lalitpur, Bhaktapur, Biratnagar, Lumbini, Janakpur",
  Netherlands:
    "Amsterdam, Rotterdam, The Hague, Utrecht, Eindhoven, Groningen, Tilburg, Almere, Breda, Nijmegen, Enschede, Haarlem, Arnhem, Zaandam, Amersfoort, Apeldoorn, Maastricht, Leiden, Dordrecht, Zwolle, Delft, Deventer, Alkmaar, Gouda, Leeuwarden, Middelburg, Vlissingen, Hoorn, Assen, Venlo, Roermond, Hilversum, Zutphen, Harlingen",
  "New Zealand":
    "Auckland, Wellington, Christchurch, Hamilton, Tauranga, Dunedin, Napier, Nelson, Rotorua, Whangarei, Invercargill, Queenstown, Palmerston North, Hastings, Gisborne, Taupo, Timaru, Oamaru, Wanaka, Kaikoura, Whakatane, Greymouth",
  Nicaragua: "Managua, Granada, Masaya, Matagalpa, Bluefields, Esteli",
  Niger: "Niamey, Agadez, Zinder, Maradi, Tahoua",
  Nigeria:
    "Lagos, Abuja, Kano, Ibadan, Kaduna, Port Harcourt, Benin City, Maiduguri, Zaria, Aba, Jos, Ilorin, Oyo, Enugu, Abeokuta, Onitsha, Warri, Sokoto, Calabar, Katsina, Akure, Bauchi, Minna, Owerri, Ife, Yola, Uyo",
  "North Korea": "Pyongyang, Hamhung, Chongjin, Wonsan, Sinuiju, Kaesong",
  "North Macedonia": "Skopje, Bitola, Ohrid, Prilep, Tetovo, Kumanovo, Stip",
  Norway:
    "Oslo, Bergen, Trondheim, Stavanger, Drammen, Fredrikstad, Kristiansand, Tromso, Sandnes, Sarpsborg, Skien, Alesund, Sandefjord, Haugesund, Tonsberg, Moss, Bodo, Arendal, Hamar, Larvik, Halden, Lillehammer, Molde, Narvik, Harstad, Alta, Hammerfest, Kirkenes, Gjovik, Longyearbyen, Svolvaer, Vardo",
  Oman: "Muscat, Salalah, Nizwa, Sur, Sohar",
  Pakistan:
    "Karachi, Lahore, Faisalabad, Rawalpindi, Multan, Hyderabad, Gujranwala, Peshawar, Quetta, Islamabad, Sargodha, Sialkot, Bahawalpur, Sukkur, Larkana, Gilgit, Skardu, Abbottabad, Mardan, Gwadar, Murree",
  Palestine: "Gaza, Ramallah, Hebron, Nablus, Bethlehem, Jericho, Jenin",
  Panama: "Panama City, Colon, David, Boquete",
  "Papua New Guinea and Solomon Islands": "Port Moresby, Lae, Madang, Goroka, Rabaul, Wewak, Honiara",
  Paraguay: "Asuncion, Encarnacion, Ciudad del Este, Concepcion, Villarrica",
  Peru: "Lima, Arequipa, Trujillo, Chiclayo, Cusco, Iquitos, Piura, Huancayo, Puno, Tacna, Ayacucho, Nazca, Cajamarca, Huaraz, Pucallpa, Tarapoto, Callao, Ica",
  Philippines:
    "Manila, Quezon City, Davao, Cebu, Zamboanga, Iloilo, Bacolod, Baguio, Cagayan de Oro, Makati, Tacloban, Butuan, Dumaguete, Legazpi, Puerto Princesa, Vigan, Batangas, Olongapo, Naga, Tagbilaran, Angeles",
  Poland:
    "Warsaw, Krakow, Lodz, Wroclaw, Poznan, Gdansk, Szczecin, Bydgoszcz, Lublin, Katowice, Bialystok, Gdynia, Czestochowa, Radom, Sosnowiec, Torun, Kielce, Gliwice, Zabrze, Bytom, Olsztyn, Rzeszow, Opole, Plock, Elblag, Tarnow, Chorzow, Koszalin, Kalisz, Legnica, Sopot, Zakopane, Zamosc, Przemysl, Nowy Sacz, Suwalki, Malbork, Gniezno, Slupsk",
  Portugal:
    "Lisbon, Porto, Braga, Coimbra, Funchal, Setubal, Evora, Aveiro, Faro, Guimaraes, Leiria, Viseu, Sintra, Lagos, Tavira, Beja, Braganca, Portimao, Ponta Delgada, Cascais, Nazare, Tomar, Elvas, Chaves",
  "Qatar and Bahrain": "Doha, Manama, Al Wakrah",
  Romania:
    "Bucharest, Cluj, Timisoara, Iasi, Constanta, Craiova, Brasov, Galati, Ploiesti, Oradea, Braila, Arad, Pitesti, Sibiu, Bacau, Targu Mures, Baia Mare, Suceava, Sighisoara, Alba Iulia, Tulcea, Hunedoara, Deva, Satu Mare",
  Russia:
    "Moscow, Saint Petersburg, Novosibirsk, Yekaterinburg, Kazan, Nizhny Novgorod, Chelyabinsk, Samara, Omsk, Rostov, Ufa, Krasnoyarsk, Voronezh, Perm, Volgograd, Krasnodar, Saratov, Tyumen, Tolyatti, Izhevsk, Barnaul, Ulyanovsk, Irkutsk, Khabarovsk, Yaroslavl, Vladivostok, Makhachkala, Tomsk, Orenburg, Kemerovo, Ryazan, Astrakhan, Penza, Kirov, Lipetsk, Tula, Kursk, Sochi, Tver, Magnitogorsk, Bryansk, Ivanovo, Belgorod, Vladimir, Arkhangelsk, Kaluga, Smolensk, Murmansk, Kaliningrad, Pskov, Novgorod, Vologda, Petrozavodsk, Yakutsk, Chita, Ulan Ude, Magadan, Norilsk, Suzdal, Kostroma, Tambov, Oryol, Syktyvkar, Nalchik, Grozny, Vorkuta, Surgut, Bratsk, Taganrog, Derbent, Kolomna, Elista",
  Rwanda: "Kigali, Butare, Gisenyi, Musanze",
  "Islands of the Pacific": "Apia, Pago Pago, Nukualofa, Papeete, Noumea, Port Vila",
  "Saudi Arabia": "Riyadh, Jeddah, Mecca, Medina, Dammam, Taif, Tabuk, Abha, Buraidah, Najran, Yanbu, Hail",
  Senegal: "Dakar, Thies, Kaolack, Ziguinchor, Touba, Rufisque",
  Serbia:
    "Belgrade, Novi Sad, Nis, Kragujevac, Subotica, Zrenjanin, Pancevo, Cacak, Kraljevo, Sombor, Uzice, Leskovac",
  "Seychelles, Comoros and Maldives": "Victoria, Moroni, Male",
  Slovakia: "Bratislava, Kosice, Presov, Zilina, Nitra, Trnava, Martin, Trencin, Poprad, Levoca, Bardejov",
  Slovenia: "Ljubljana, Maribor, Celje, Kranj, Koper, Piran, Bled, Ptuj, Novo Mesto, Izola, Nova Gorica",
  Somalia: "Mogadishu, Hargeisa, Berbera, Kismayo, Bosaso, Merca",
  "South Africa":
    "Johannesburg, Cape Town, Durban, Pretoria, Bloemfontein, Port Elizabeth, East London, Kimberley, Polokwane, Pietermaritzburg, Stellenbosch, Knysna, Upington, Rustenburg, Nelspruit, Soweto, Paarl, Worcester, Mthatha, Ladysmith",
  "South Korea":
    "Seoul, Busan, Incheon, Daegu, Daejeon, Gwangju, Suwon, Ulsan, Changwon, Seongnam, Jeonju, Cheongju, Jeju, Pohang, Gyeongju, Gangneung, Sokcho, Mokpo, Yeosu, Andong, Chuncheon, Wonju, Masan, Gunsan, Tongyeong",
  "South Sudan": "Juba, Malakal, Wau",
  Spain:
    "Madrid, Barcelona, Valencia, Seville, Zaragoza, Malaga, Murcia, Palma, Bilbao, Alicante, Cordoba, Valladolid, Vigo, Gijon, Granada, Vitoria, Oviedo, Elche, Badalona, Cartagena, Jerez, Pamplona, Almeria, San Sebastian, Burgos, Salamanca, Albacete, Santander, Logrono, Badajoz, Huelva, Lleida, Tarragona, Leon, Cadiz, Jaen, Girona, Ourense, Lugo, Santiago de Compostela, Pontevedra, Caceres, Toledo, Segovia, Avila, Cuenca, Soria, Teruel, Huesca, Zamora, Palencia, Guadalajara, Ronda, Marbella, Ibiza, Melilla, Ceuta, Ferrol, Aviles, Lorca, Gandia, Figueres, Cadaques, Nerja, Tarifa, Merida, Ubeda",
  "Sri Lanka":
    "Colombo, Kandy, Galle, Jaffna, Trincomalee, Negombo, Anuradhapura, Batticaloa, Matara, Ella, Nuwara Eliya",
  Sudan: "Khartoum, Omdurman, Port Sudan, Kassala, Atbara, Dongola, El Obeid, Nyala",
  Sweden:
    "Stockholm, Gothenburg, Malmo, Uppsala, Vasteras, Orebro, Linkoping, Helsingborg, Jonkoping, Norrkoping, Lund, Umea, Gavle, Boras, Sodertalje, Eskilstuna, Halmstad, Vaxjo, Karlstad, Sundsvall, Ostersund, Trollhattan, Lulea, Kalmar, Falun, Kristianstad, Karlskrona, Skovde, Uddevalla, Visby, Kiruna, Ystad, Motala, Nykoping, Mora, Lidkoping, Varberg, Pitea",
  Switzerland:
    "Zurich, Geneva, Basel, Bern, Lausanne, Winterthur, Lucerne, Lugano, Biel, Thun, Fribourg, Chur, Schaffhausen, Neuchatel, Sion, Zug, Bellinzona, Locarno, Montreux, Vevey, Interlaken, Davos, Olten, Aarau, Solothurn, Nyon, Zermatt, Ascona",
  Syria: "Damascus, Aleppo, Homs, Latakia, Hama, Palmyra, Tartus, Raqqa",
  Taiwan: "Taipei, Kaohsiung, Taichung, Tainan, Hsinchu, Keelung, Hualien, Chiayi, Taitung, Pingtung",
  Tajikistan: "Dushanbe, Khujand, Khorog, Panjakent, Kulob",
  Tanzania:
    "Dar es Salaam, Dodoma, Arusha, Mwanza, Zanzibar, Moshi, Tanga, Mbeya, Morogoro, Kigoma, Iringa, Tabora",
  Thailand:
    "Bangkok, Chiang Mai, Chiang Rai, Phuket, Pattaya, Ayutthaya, Sukhothai, Khon Kaen, Udon Thani, Hat Yai, Nakhon Ratchasima, Krabi, Lampang, Hua Hin, Trang, Songkhla, Ubon Ratchathani, Phitsanulok, Kanchanaburi, Surat Thani, Nan, Loei",
  "Timor-Leste": "Dili, Baucau",
  Togo: "Lome, Sokode, Kara, Kpalime",
  "Islands of the Caribbean":
    "Port of Spain, San Fernando, Bridgetown, Castries, Kingstown, Roseau, Basseterre, Nassau, Willemstad, Oranjestad, Philipsburg",
  Tunisia: "Tunis, Sfax, Sousse, Kairouan, Bizerte, Gabes, Gafsa, Tozeur, Monastir, Hammamet, Mahdia, Djerba",
  Turkey:
    "Istanbul, Ankara, Izmir, Bursa, Adana, Gaziantep, Konya, Antalya, Kayseri, Mersin, Eskisehir, Diyarbakir, Samsun, Denizli, Sanliurfa, Trabzon, Malatya, Erzurum, Van, Batman, Elazig, Sivas, Manisa, Balikesir, Kars, Bodrum, Edirne, Rize, Mardin, Canakkale, Mugla, Isparta, Ordu, Giresun, Sinop, Amasya, Tokat, Fethiye, Afyon, Aydin, Hatay",
  Turkmenistan: "Ashgabat, Turkmenabat, Mary, Dashoguz, Balkanabat",
  Uganda: "Kampala, Entebbe, Jinja, Gulu, Mbarara, Masaka, Mbale, Fort Portal",
  Ukraine:
    "Kyiv, Kharkiv, Odesa, Dnipro, Donetsk, Zaporizhzhia, Lviv, Mykolaiv, Mariupol, Luhansk, Vinnytsia, Kherson, Poltava, Chernihiv, Cherkasy, Khmelnytskyi, Zhytomyr, Sumy, Rivne, Ternopil, Lutsk, Uzhhorod, Chernivtsi, Kamianets, Sevastopol, Simferopol, Yalta, Kerch, Bakhmut, Mukachevo, Uman, Kremenchuk",
  "United Arab Emirates and Kuwait": "Dubai, Abu Dhabi, Sharjah, Al Ain, Ajman, Fujairah, Kuwait City",
  "United Kingdom":
    "London, Birmingham, Manchester, Glasgow, Liverpool, Leeds, Sheffield, Edinburgh, Bristol, Leicester, Coventry, Cardiff, Belfast, Nottingham, Bradford, Hull, Newcastle, Stoke, Southampton, Portsmouth, Derby, Plymouth, Wolverhampton, Swansea, Aberdeen, Dundee, Sunderland, Norwich, Luton, Reading, Preston, Brighton, Bournemouth, Middlesbrough, Swindon, Oxford, Cambridge, Peterborough, York, Ipswich, Gloucester, Blackpool, Exeter, Bath, Chester, Cheltenham, Lancaster, Lincoln, Canterbury, Worcester, Durham, Colchester, Carlisle, Winchester, Salisbury, Hereford, Wakefield, Inverness, Stirling, Perth, Newport, Wrexham, Bangor, Truro, Ely, Wells, Lichfield, Ripon, Dover, Hastings, Eastbourne, Folkestone, Margate, Southend, Chelmsford, Stratford, Shrewsbury, Telford, Warwick, Rugby, Northampton, Bedford, Kendal, Penzance, Falmouth, Torquay, Weymouth, Poole, Whitby, Scarborough, Harrogate, Grimsby, Doncaster, Barnsley, Rotherham, Huddersfield, Halifax, Burnley, Bolton, Stockport, Oldham, Wigan, Londonderry, Lisburn, Armagh, Newry, Oban, Fort William, Ayr, Paisley, Dumfries, Kirkwall, Lerwick, Stornoway, Aberystwyth, Llandudno, Caernarfon, Carmarthen",
  "United States":
    "New York, Los Angeles, Chicago, Houston, Phoenix, Philadelphia, San Antonio, San Diego, Dallas, San Jose, Austin, Jacksonville, Columbus, Charlotte, San Francisco, Indianapolis, Seattle, Denver, Washington, Boston, El Paso, Nashville, Detroit, Oklahoma City, Portland, Las Vegas, Memphis, Louisville, Baltimore, Milwaukee, Albuquerque, Tucson, Fresno, Sacramento, Kansas City, Mesa, Atlanta, Omaha, Colorado Springs, Raleigh, Miami, Oakland, Minneapolis, Tulsa, Wichita, New Orleans, Arlington, Cleveland, Tampa, Bakersfield, Honolulu, Anaheim, Aurora, Riverside, Santa Ana, Corpus Christi, Lexington, Stockton, Pittsburgh, Anchorage, Cincinnati, Saint Paul, Greensboro, Toledo, Newark, Plano, Henderson, Orlando, Buffalo, Jersey City, Chandler, Saint Petersburg, Laredo, Norfolk, Madison, Durham, Lubbock, Winston Salem, Garland, Glendale, Reno, Baton Rouge, Irvine, Chesapeake, Irving, Scottsdale, Spokane, Boise, Richmond, San Bernardino, Modesto, Tacoma, Fontana, Des Moines, Rochester, Yonkers, Fayetteville, Worcester, Little Rock, Salt Lake City, Huntsville, Amarillo, Knoxville, Providence, Santa Rosa, Chattanooga, Eugene, Salem, Savannah, Syracuse, Dayton, Hartford, Bridgeport, New Haven, Topeka, Lincoln, Sioux Falls, Fargo, Bismarck, Billings, Missoula, Helena, Cheyenne, Laramie, Casper, Santa Fe, Taos, Flagstaff, Sedona, Yuma, Galveston, Waco, Abilene, Shreveport, Biloxi, Mobile, Montgomery, Birmingham, Tuscaloosa, Selma, Pensacola, Tallahassee, Gainesville, Sarasota, Naples, Key West, Charleston, Columbia, Asheville, Wilmington, Roanoke, Charlottesville, Annapolis, Dover, Trenton, Princeton, Albany, Ithaca, Utica, Burlington, Montpelier, Concord, Manchester, Portsmouth, Bangor, Augusta, Nantucket, Salinas, Monterey, Santa Barbara, Santa Cruz, Berkeley, Pasadena, Palo Alto, Eureka, Medford, Bend, Astoria, Olympia, Bellingham, Yakima, Walla Walla, Juneau, Sitka, Ketchikan, Fairbanks, Nome, Hilo, Duluth, Green Bay, Kenosha, Racine, Peoria, Springfield, Dubuque, Davenport, Cedar Rapids, Ann Arbor, Lansing, Grand Rapids, Kalamazoo, Flint, Akron, Canton, Youngstown, Erie, Scranton, Allentown, Harrisburg, Gettysburg, Evansville, Terre Haute, Bloomington, Paducah, Oxford, Natchez, Vicksburg, Pueblo, Boulder, Aspen, Durango, Provo, Ogden, Moab, Pocatello, Rapid City, Deadwood, Dodge City",
  Uruguay: "Montevideo, Punta del Este, Salto, Paysandu, Colonia, Rivera, Tacuarembo",
  Uzbekistan:
    "Tashkent, Samarkand, Bukhara, Khiva, Namangan, Andijan, Fergana, Nukus, Kokand, Termez, Urgench",
  Venezuela:
    "Caracas, Maracaibo, Valencia, Barquisimeto, Maracay, Ciudad Bolivar, Merida, Cumana, Maturin, Barinas, Coro, Puerto Cabello, Carupano",
  Vietnam:
    "Hanoi, Ho Chi Minh City, Da Nang, Hai Phong, Can Tho, Hue, Nha Trang, Hoi An, Da Lat, Vung Tau, Qui Nhon, Vinh, Sapa, Phan Thiet, My Tho, Ninh Binh, Buon Ma Thuot",
  Yemen: "Sanaa, Aden, Taiz, Mukalla, Hodeidah, Shibam, Ibb",
  Zambia: "Lusaka, Ndola, Kitwe, Livingstone, Kabwe, Chipata",
  Zimbabwe: "Harare, Bulawayo, Mutare, Gweru, Masvingo, Kariba",
};
